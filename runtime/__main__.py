"""The command line: `python -m runtime up | down | reload | status | logs | exec`."""

import argparse
import sys

from runtime import commands, stack
from runtime.layout import Layout


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0 for done, 1 for failed, 2 for wrong usage, 3 (status) for not up.
    """
    arguments = _parser().parse_args(argv)
    layout = Layout.of(arguments.var)
    try:
        return int(arguments.run(layout, arguments))
    except commands.CannotStart as fault:
        print(fault, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--var", metavar="DIR", help="folder of the instance (default: WAFERDECK_VAR, else var)")
    parser = argparse.ArgumentParser(prog="python -m runtime", description="Waferdeck's supervisor.")
    actions = parser.add_subparsers(required=True, metavar="COMMAND")

    up = actions.add_parser("up", parents=[common], help="start everything and keep it running")
    up.add_argument("--detach", action="store_true", help="return when everything is up, and leave it running")
    up.add_argument("--port", type=int, default=0, help="port of the web server (default: the last one, else 8000)")
    up.add_argument("--host", default="127.0.0.1", help="address the web server listens on")
    _add_choice(up)
    up.set_defaults(run=commands.up)

    down = actions.add_parser("down", parents=[common], help="stop everything")
    down.set_defaults(run=commands.down)

    reload = actions.add_parser("reload", parents=[common], help="run the present code, without dropping a request")
    reload.set_defaults(run=commands.reload)

    status = actions.add_parser("status", parents=[common], help="say what runs, where, since when")
    status.add_argument("--json", action="store_true", help="for programs")
    status.set_defaults(run=commands.status)

    logs = actions.add_parser("logs", parents=[common], help="print the ends of the logs")
    logs.add_argument("names", nargs="*", metavar="NAME", help="processes (default: all)")
    logs.add_argument("-f", "--follow", action="store_true", help="go on printing what is added")
    logs.add_argument("-n", "--lines", type=int, default=20, help="lines of each log (default: 20)")
    logs.set_defaults(run=commands.logs)

    run = actions.add_parser("exec", parents=[common], help="run a program with everything started, then stop it")
    run.add_argument("--attach", action="store_true", help="use the servers of an instance that is up already")
    run.add_argument("--scratch", action="store_true", help="for tests: empty Redis and models, no fsync")
    run.add_argument("command", nargs=argparse.REMAINDER, metavar="[--] PROGRAM ARGS", help="what to run")
    _add_choice(run)
    run.set_defaults(run=commands.execute)
    return parser


def _add_choice(parser: argparse.ArgumentParser) -> None:
    choice = parser.add_mutually_exclusive_group()
    known = ",".join(stack.PARTS)
    choice.add_argument("--without", type=_parts, default=set(), metavar="A,B", help=f"parts to leave out, of {known}")
    choice.add_argument("--only", type=_parts, default=set(stack.PARTS), metavar="A,B", help="parts to start")


def _parts(text: str) -> set[str]:
    chosen = {part.strip() for part in text.split(",") if part.strip()}
    unknown = chosen - set(stack.PARTS)
    if unknown:
        named = ", ".join(sorted(unknown))
        raise argparse.ArgumentTypeError(f"no such part: {named}; there are {', '.join(stack.PARTS)}")
    return chosen


if __name__ == "__main__":
    sys.exit(main())
