"""A provenance record, read by in-toto's attestation library and by its SLSA provenance schema."""

import json
import sys

import in_toto_attestation.predicates.provenance.v1.provenance_pb2 as provenance
import in_toto_attestation.v1.statement_pb2 as schema
from google.protobuf import json_format
from in_toto_attestation.v1.statement import Statement

text = json.load(open(sys.argv[1], encoding="utf-8"))["statement"]
# The strict parser: a field that in-toto does not know ends it here.
statement = json_format.Parse(text, schema.Statement())
Statement.copy_from_pb(statement).validate()

predicate = json_format.Parse(json.dumps(json.loads(text)["predicate"]), provenance.Provenance())
metadata = predicate.run_details.metadata
seconds = (metadata.finished_on.ToMicroseconds() - metadata.started_on.ToMicroseconds()) / 1e6
print(
    json.dumps(
        {
            "subjects": [subject.name for subject in statement.subject],
            "predicateType": statement.predicate_type,
            "buildType": predicate.build_definition.build_type,
            "builder": predicate.run_details.builder.id,
            "dependencies": [item.name for item in predicate.build_definition.resolved_dependencies],
            "seconds": seconds,
        }
    )
)
