/** What runs on pages outside the frame. */
import { startCopying } from "./copying.js"

startCopying()
