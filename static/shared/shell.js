/** What runs on every page. */
import { startAges } from "./ages.js"
import { startClock, startConnection } from "./connection.js"
import { startCopying } from "./copying.js"
import { startDisplay } from "./display.js"
import { startKeys } from "./keys.js"
import "./live_updates.js"
import { startPictures } from "./pictures.js"
import { startSearch } from "./search.js"

startDisplay()
startConnection()
startClock()
startAges()
startPictures()
startSearch()
startKeys()
startCopying()
