"""Rules of taking what others write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.breaking import tools as by
from sandbox.breaking.table import SINCE_221, kept, rows

if TYPE_CHECKING:
    pass

RECEIVING = {
    **kept(
        ("unchecked", "objects are taken as they come, however wrong", "STA-14"),
        ("unknown_fields_refused", "an object with a field nobody knows is refused", "TRA-75"),
        ("unknown_fields_dropped", "fields nobody knows are lost", "TRA-75"),
        ("put_not_stored", "PUT is answered 1000 and nothing is kept", "LOC-42"),
        ("put_merges", "PUT keeps what it does not mention", "TRA-46"),
        ("patch_needs_no_date", "PATCH without last_updated is accepted", "TRA-49", SINCE_221),
        ("patch_ignored", "PATCH is answered 1000 and changes nothing", "TRA-47"),
        ("patch_replaces", "PATCH forgets what it does not mention", "TRA-47"),
        ("patch_unknown_accepted", "PATCH of an unknown object is answered 1000", "AMB-05"),
        ("patch_replaces_periods", "PATCH of a Session replaces its charging_periods", "SES-17", SINCE_221),
        ("parents_keep_their_date", "a changed EVSE leaves its Location's last_updated", "LOC-49", SINCE_221),
        ("other_id_accepted", "an object with another id than its URL is accepted", "TRA-56"),
        ("other_owner_accepted", "an object of another owner than its URL is accepted", "TRA-57", SINCE_221),
        ("foreign_owner_accepted", "objects of parties that are not the peer's are accepted", "TRA-55"),
        ("case_matters", "ids are compared with their case", "AMB-36"),
        ("delete_ignored", "DELETE of a Tariff is answered 1000 and changes nothing", "TAR-06"),
        ("cdr_changed_accepted", "a second, different CDR of one id replaces the first", "CDR-16"),
        ("cdr_twice_refused", "the same CDR again is refused", "CDR-16"),
    ),
    **rows(
        "reply",
        (
            "cdr_without_location",
            "POST of a CDR is answered without a Location header",
            "CDR-12",
            by.header("Location"),
        ),
        (
            "cdr_location_dead",
            "the Location of a CDR leads to a 404",
            "CDR-13",
            by.headers_like("Location", "http://127.0.0.1:9/gone"),
        ),
    ),
}
