"""Made-up requests over the whole OpenAPI: no fault of ours, and no answer that the document does not know."""

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

pytestmark = [pytest.mark.stack]
load_all_checks()
WANTED = CHECKS.get_by_names(
    ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
)
EXAMPLES = {GenerationMode.POSITIVE: 6, GenerationMode.NEGATIVE: 6}


@pytest.fixture(scope="module")
def session(live_stack):
    return live_stack.session("model_engineer")


@pytest.fixture(scope="module")
def document(live_stack, session):
    answer = session.get(f"{live_stack.address}/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    described = answer.json()
    # One operation would end the token that asks, one keeps Triton busy for 20 s a call.
    del described["paths"]["/api/v1/auth/token/"]["delete"]
    del described["paths"]["/api/v1/inference/benchmark/"]
    return schemathesis.openapi.from_dict(described)


def test_every_operation_keeps_its_word(live_stack, session, document):
    faults = []
    for found in document.get_all_operations():
        operation = found.ok()
        for mode, examples in EXAMPLES.items():

            @settings(
                max_examples=examples,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def keeps_its_word(case):
                headers = {**dict(case.headers or {}), "Authorization": session.headers["Authorization"]}
                answer = case.call(base_url=live_stack.address, headers=headers, session=requests.Session(), timeout=30)
                # Overload and outages are documented, too, but nothing here may cause one.
                assert answer.status_code != 503, answer.text
                case.validate_response(answer, checks=WANTED)

            try:
                keeps_its_word()
            except Unsatisfiable:
                # Nothing about this operation can be got wrong.
                continue
            except (AssertionError, BaseExceptionGroup) as fault:
                faults.append(f"{operation.label} ({mode.value}): {fault}")

    assert faults == []
