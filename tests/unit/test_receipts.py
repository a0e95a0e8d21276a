"""Receipts: signed once, believed as long as nothing in them was changed."""

from __future__ import annotations

import copy
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from qcjob.canonical import canonical
from qcjob.errors import ConfigurationError, ReceiptRefused
from qcjob.security.receipts import ReceiptKey, check_signature, thumbprint

KEY = ReceiptKey(Ed25519PrivateKey.generate())
OTHER = ReceiptKey(Ed25519PrivateKey.generate())
RECEIPT = {"schema": 1, "job": "0192", "shots": 1_000, "seed": None, "target": {"calibration": "monday"}}


def test_a_signed_receipt_is_believed_also_after_a_journey_through_json() -> None:
    signed = json.loads(json.dumps(KEY.sign(RECEIPT), indent=3))
    assert check_signature(signed) == check_signature(signed, KEY.public) == KEY.public["kid"]


@pytest.mark.parametrize("path", [("shots",), ("seed",), ("target", "calibration"), ("schema",)])
def test_whatever_is_changed_is_noticed(path: tuple[str, ...]) -> None:
    signed: Any = copy.deepcopy(KEY.sign(RECEIPT))
    place = signed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = 7
    with pytest.raises(ReceiptRefused, match="was changed"):
        check_signature(signed)
    with pytest.raises(ReceiptRefused, match="was changed"):
        check_signature({**KEY.sign(RECEIPT), "added": 1})


def test_another_key_is_refused_even_if_its_signature_fits() -> None:
    with pytest.raises(ReceiptRefused, match="is signed with the key"):
        check_signature(OTHER.sign(RECEIPT), KEY.public)
    stolen = KEY.sign(RECEIPT)
    stolen["signature"]["key"] = OTHER.public
    with pytest.raises(ReceiptRefused, match="does not fit"):
        check_signature(stolen)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=4), JSON)
def test_nothing_else_than_a_refusal_comes_out(receipt: dict[str, Any], signature: Any) -> None:
    with pytest.raises(ReceiptRefused):
        check_signature({**receipt, "signature": signature})


def test_every_name_order_has_one_spelling() -> None:
    assert canonical({"b": [1.5, "é"], "a": None}) == b'{"a":null,"b":[1.5,"\\u00e9"]}'


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "receipt-key.pem"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: ReceiptKey.at(path), range(8)))
    assert len({key.public["x"] for key in keys}) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    private = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(private, Ed25519PrivateKey)
    assert thumbprint(keys[0].public) == keys[0].public["kid"]


def test_a_key_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("no key")
    with pytest.raises(ConfigurationError, match=r"key\.pem is no private key"):
        ReceiptKey.at(path)
    rsa = generate_private_key(65537, 2048)
    path.write_bytes(rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ConfigurationError, match="is not an Ed25519 key"):
        ReceiptKey.at(path)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        ReceiptKey.at(tmp_path)


def test_the_thumbprint_is_that_of_the_standard() -> None:
    """The example key of RFC 8037, appendix A.3."""
    key = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert thumbprint(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
