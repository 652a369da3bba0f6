"""No change may be unrecorded: every verb of the trail is used, and every service that writes leaves an event."""

import ast
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from audit.actions import Action

PROJECT_DIR = Path(__file__).resolve().parents[2]
APPS = ("outbox", "accounts", "models_admin", "inspection", "annotations", "experiments")

# Whatever writes past the ORM does it by one of these.
WRITING_METHODS = {
    "save", "create", "bulk_create", "bulk_update", "update", "delete", "get_or_create", "update_or_create",
    "create_user",
}  # fmt: skip
WRITING_SQL = re.compile(r"^\s*(INSERT INTO|UPDATE|DELETE FROM)\b", re.MULTILINE)

UNRECORDED = {
    "outbox.services.forget_old_events": "announcements that nobody will ask for any more",
    "accounts.services.claim_idempotency_key": "the mark of a request that is carried out; its effects are recorded",
    "accounts.services.renew_idempotency_key": "as above",
    "accounts.services.note_made": "as above",
    "accounts.services.store_idempotent_answer": "as above",
    "accounts.services.release_idempotency_key": "as above",
    "annotations.services.intake.forget_old_entries": "places in what queues were before they were changed",
    "accounts.services._forget": "keys, sessions and tokens that were over already",
    "models_admin.services.quarantine._forget": "the file of what was refused, and recorded as that, a week ago",
}


@dataclass
class Function:
    """A function of a service.

    Attributes:
        calls: last names of what it calls.
        writes: what in it changes rows; empty when nothing does.
    """

    name: str
    calls: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)

    @property
    def records(self) -> bool:
        return "audit.record" in self.calls


def functions_of(source, *, module):
    """Every function of a module, methods included."""
    tree = ast.parse(source)
    sql = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name) and WRITING_SQL.search(node.value.value)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield _read(node, name=f"{module}.{node.name}", sql=sql)


def _read(node, *, name, sql):
    found = Function(name)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            called = ast.unparse(inner.func)
            found.calls.add("audit.record" if called == "audit.record" else called.split(".")[-1])
            if _is_write(inner):
                found.writes.add(called)
        elif isinstance(inner, ast.Name) and inner.id in sql:
            found.writes.add(inner.id)
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str) and WRITING_SQL.search(inner.value):
            found.writes.add("SQL")
    return found


def _is_write(call):
    if isinstance(call.func, ast.Name):
        return call.func.id == "insert_row"
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in WRITING_METHODS:
        return False
    # `update` of a dict or a digest takes something; that of a query takes names.
    return call.func.attr != "update" or (not call.args and "vars(" not in ast.unparse(call.func))


def unrecorded(functions):
    """Names of functions that change rows where neither they, nor what they call, nor all who call them record it."""
    by_last_name, callers = defaultdict(list), defaultdict(list)
    for function in functions:
        by_last_name[function.name.rsplit(".", 1)[-1]].append(function)
    for function in functions:
        for called in function.calls:
            for callee in by_last_name.get(called, ()):
                callers[callee.name].append(function)

    def records(function, seen=()):
        if function.records:
            return True
        inner = [callee for called in function.calls for callee in by_last_name.get(called, ())]
        return any(records(callee, (*seen, function.name)) for callee in inner if callee.name not in seen)

    def is_covered(function, seen=()):
        if records(function):
            return True
        outer = [caller for caller in callers[function.name] if caller.name not in (*seen, function.name)]
        return bool(outer) and all(is_covered(caller, (*seen, function.name)) for caller in outer)

    return {function.name for function in functions if function.writes and not is_covered(function)}


def sources():
    """Module name and source of every file of the services."""
    for app in APPS:
        folder = PROJECT_DIR / app
        for file in sorted([*folder.glob("services.py"), *folder.glob("services/**/*.py")]):
            yield ".".join(file.relative_to(PROJECT_DIR).with_suffix("").parts), file.read_text()


FUNCTIONS = [function for module, source in sources() for function in functions_of(source, module=module)]


class TestEveryVerb:
    @pytest.mark.parametrize("action", list(Action), ids=str)
    def test_is_used_by_a_service(self, action):
        assert any(re.search(rf"\bAction\.{action.name}\b", source) for _, source in sources())


class TestEveryServiceThatWrites:
    def test_is_seen(self):
        writers = {function.name for function in FUNCTIONS if function.writes}

        assert writers >= {
            "inspection.services.runs.claim_runs", "inspection.services.runs._end",
            "inspection.services.ingest.save_wafer", "inspection.services.job_progress.wait_again",
            "models_admin.services.reconciling._note", "accounts.services.revoke_token",
        }  # fmt: skip

    def test_records_it(self):
        assert unrecorded(FUNCTIONS) - set(UNRECORDED) == set()

    def test_is_on_the_list_of_exceptions_only_while_it_has_to_be(self):
        known = {function.name for function in FUNCTIONS}

        assert set(UNRECORDED) & known - unrecorded(FUNCTIONS) == set()


class TestTheLook:
    """What the rules above would say of services that are not there."""

    @pytest.mark.parametrize(
        "body",
        [
            "row.save()",
            "Row.objects.filter(pk=1).update(state='x')",
            "insert_row(row)",
            "cursor.execute('DELETE FROM row')",
            "cursor.execute(_SQL)",
            "note(row)\n    row.delete()",
        ],
    )
    def test_finds_a_change_that_nobody_records(self, body):
        source = f"_SQL = '''\nUPDATE row SET x = 1'''\ndef change(row):\n    {body}\n"

        assert unrecorded(list(functions_of(source, module="planted"))) == {"planted.change"}

    def test_finds_a_helper_that_one_of_its_callers_does_not_record(self):
        source = (
            "def _keep(row):\n    row.save()\n"
            "def one(row):\n    _keep(row)\n    audit.record(action=1)\n"
            "def other(row):\n    _keep(row)\n"
        )

        assert unrecorded(list(functions_of(source, module="planted"))) == {"planted._keep"}

    @pytest.mark.parametrize(
        "body", ["seen.update({1: 2})", "digest.update(b'')", "cursor.execute('SELECT 1 FOR UPDATE')"]
    )
    def test_lets_pass_what_changes_no_row(self, body):
        assert unrecorded(list(functions_of(f"def look(seen):\n    {body}\n", module="planted"))) == set()
