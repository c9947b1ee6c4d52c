"""Reads a log with the wandb package: prints each record as one line of JSON. Needs a wandb that still has its reader in Python."""
import json
import sys

import wandb
from google.protobuf.json_format import MessageToDict
from wandb.proto import wandb_internal_pb2
from wandb.sdk.internal import datastore

wandb._set_internal_process(disable=True)
store = datastore.DataStore()
store.open_for_scan(sys.argv[1])
while True:
    data = store.scan_data()
    if data is None:
        break
    record = wandb_internal_pb2.Record()
    record.ParseFromString(data)
    assert record.WhichOneof("record_type") is not None, record
    print(json.dumps(MessageToDict(record, preserving_proto_field_name=True)))
