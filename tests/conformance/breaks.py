# ruff: noqa: E501
"""Which checks say so when the sandbox breaks a rule, and no others: the table of break and check."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.trial import Options

# break[@module or METHOD] sandbox our-role version | the checks, all of them, that fail or advise then
TABLE = """
put_calls_nobody CPO EMSP 2.2.1 | CRE-21
refused_has_result CPO EMSP 2.2.1 | CMD-07
stop_never_concludes CPO EMSP 2.2.1 | CMD-08/b
credentials_as_receiver CPO EMSP 2.2.1 | VER-11
accepts_wrong_token CPO EMSP 2.2.1 | TRA-08/b
accepts_no_token CPO EMSP 2.2.1 | TRA-08/a
token_a_opens_all CPO EMSP 2.2.1 | TRA-09
raw_tokens_only CPO EMSP 2.2.1 | TRA-04
unauthorized_as_200 CPO EMSP 2.2.1 | TRA-08/a TRA-08/b
unauthorized_as_403 CPO EMSP 2.2.1 | TRA-08/a TRA-08/b
errors_without_envelope CPO EMSP 2.2.1 | TRA-69
no_envelope CPO EMSP 2.2.1 | TRA-65/a
no_timestamp CPO EMSP 2.2.1 | TRA-66/a TRA-66/b
bad_timestamp CPO EMSP 2.2.1 | TYP-05
no_status_code CPO EMSP 2.2.1 | TRA-66/a
status_code_as_text CPO EMSP 2.2.1 | TRA-66/a
html_content_type CPO EMSP 2.2.1 | TRA-65/a
list_as_object CPO EMSP 2.2.1 | TRA-20/a TRA-20/b TRA-20/c TRA-20/d
null_for_empty_list CPO EMSP 2.2.1 | TRA-20/a TRA-20/b TRA-20/c TRA-20/d
no_request_id CPO EMSP 2.2.1 | TRA-81/a TRA-81/b
other_request_id CPO EMSP 2.2.1 | TRA-81/a TRA-81/b
no_correlation_id CPO EMSP 2.2.1 | TRA-83/a TRA-83/b
other_correlation_id CPO EMSP 2.2.1 | TRA-83/a TRA-83/b
routing_not_swapped CPO EMSP 2.2.1 | HUB-05
routing_on_configuration CPO EMSP 2.2.1 | VER-23
refusals_as_success CPO EMSP 2.2.1 | CMD-03 CMD-17 CRE-40/a STA-14/f STA-14/g STA-14/h TRA-49/c TRA-56/b
refusals_as_400 CPO EMSP 2.2.1 | CMD-03 STA-14/f STA-14/h
unknown_object_as_200 CPO EMSP 2.2.1 | SES-11/b SES-42 STA-03/c STA-05/a STA-05/b STA-05/c TAR-05/b TRA-51/b TRA-54/g
unknown_object_as_500 CPO EMSP 2.2.1 | SES-11/b SES-42 STA-03/c STA-05/a STA-05/b STA-05/c TAR-05/b TRA-51/b TRA-54/g
method_as_404 CPO EMSP 2.2.1 | CDR-10 CMD-01 CRE-14 CRE-20 CRE-24 LOC-32 SES-11/a TAR-05/a TOK-02/b VER-02/b
no_allow CPO EMSP 2.2.1 | AMB-40
any_method CPO EMSP 2.2.1 | CDR-10 CMD-01 LOC-32 SES-11/a TAR-05/a TOK-02/b VER-02/b
bad_json_accepted CPO EMSP 2.2.1 | STA-02
bad_json_as_500 CPO EMSP 2.2.1 | STA-02
slash_matters CPO EMSP 2.2.1 | AMB-39/a
ignores_limit CPO EMSP 2.2.1 | TRA-27/a TRA-27/b TRA-27/c TRA-27/d
exceeds_limit CPO EMSP 2.2.1 | TRA-27/a TRA-27/b TRA-27/c TRA-27/d
ignores_offset CPO EMSP 2.2.1 | TRA-26/a TRA-26/b TRA-26/c TRA-26/d
ignores_date_from CPO EMSP 2.2.1 | TRA-22/a TRA-22/b TRA-22/c TRA-22/d
ignores_date_to CPO EMSP 2.2.1 | TRA-22/a TRA-22/b TRA-22/c TRA-22/d
date_from_exclusive CPO EMSP 2.2.1 | TRA-23/a TRA-23/b TRA-23/c TRA-23/d
date_to_inclusive CPO EMSP 2.2.1 | TRA-24/a TRA-24/b TRA-24/c TRA-24/d
ignores_bad_parameters CPO EMSP 2.2.1 | STA-14/h
no_total_count CPO EMSP 2.2.1 | TRA-37/a TRA-37/b TRA-37/c TRA-37/d
no_limit_header CPO EMSP 2.2.1 | TRA-37/a TRA-37/b TRA-37/c TRA-37/d
total_of_page CPO EMSP 2.2.1 | TRA-34/a TRA-34/b TRA-34/c TRA-34/d
total_ignores_dates CPO EMSP 2.2.1 | TRA-22/a TRA-22/b TRA-22/c TRA-22/d
no_link CPO EMSP 2.2.1 | TRA-30/a TRA-30/b TRA-30/c TRA-30/d
relative_link CPO EMSP 2.2.1 | TRA-30/a TRA-30/b TRA-30/c TRA-30/d
link_forgets_dates CPO EMSP 2.2.1 | TRA-31/a TRA-31/b TRA-31/c TRA-31/d
link_on_last_page CPO EMSP 2.2.1 | TRA-30/a TRA-30/b TRA-30/c TRA-30/d TRA-30/g TRA-30/h TRA-30/i TRA-30/j
link_loops CPO EMSP 2.2.1 | TRA-30/a TRA-30/b TRA-30/c TRA-30/d
link_leads_nowhere CPO EMSP 2.2.1 | TRA-30/a TRA-30/b TRA-30/c TRA-30/d
link_on_other_host CPO EMSP 2.2.1 | TRA-30/a TRA-30/b TRA-30/c TRA-30/d
link_single_quoted CPO EMSP 2.2.1 | TRA-30/a TRA-30/b TRA-30/c TRA-30/d
newest_first CPO EMSP 2.2.1 | TRA-26/a TRA-26/b TRA-26/c TRA-26/d
repeats_across_pages CPO EMSP 2.2.1 | TRA-26/a TRA-26/b TRA-26/c TRA-26/d
versions_as_object CPO EMSP 2.2.1 | VER-02
versions_empty CPO EMSP 2.2.1 | VER-02
version_without_url CPO EMSP 2.2.1 | VER-03
relative_version_url CPO EMSP 2.2.1 | VER-03
version_it_lacks CPO EMSP 2.2.1 | VER-05
details_of_other_version CPO EMSP 2.2.1 | VER-06
details_without_endpoints CPO EMSP 2.2.1 | VER-06
endpoint_without_role CPO EMSP 2.2.1 | VER-07
sides_swapped CPO EMSP 2.2.1 | VER-10
relative_endpoint_url CPO EMSP 2.2.1 | VER-07
relative_endpoint_url CPO EMSP 2.1.1 | VER-08
dead_endpoint CPO EMSP 2.2.1 | TRA-20/a TRA-20/b TRA-20/c TRA-20/d
no_credentials_endpoint CPO EMSP 2.2.1 | VER-16
post_twice_accepted CPO EMSP 2.2.1 | CRE-20
put_unregistered_accepted CPO EMSP 2.2.1 | CRE-24
delete_unregistered_accepted CPO EMSP 2.2.1 | CRE-27
put_keeps_token CPO EMSP 2.2.1 | CRE-22
old_token_lives CPO EMSP 2.2.1 | CRE-23
token_a_lives_on CPO EMSP 2.2.1 | CRE-11
deleted_token_lives CPO EMSP 2.2.1 | CRE-28
post_calls_nobody CPO EMSP 2.2.1 | CRE-08/a CRE-08/b
unreachable_peer_accepted CPO EMSP 2.2.1 | CRE-30
missing_version_accepted CPO EMSP 2.2.1 | AMB-16
missing_endpoints_accepted CPO EMSP 2.2.1 | CRE-32
failed_post_burns_token CPO EMSP 2.2.1 | CRE-33
credentials_token_too_long CPO EMSP 2.2.1 | CRE-42
credentials_unchecked CPO EMSP 2.2.1 | CRE-40/a
credentials_without_token CPO EMSP 2.2.1 | CRE-09
credentials_token_encoded CPO EMSP 2.2.1 | CRE-10
credentials_without_url CPO EMSP 2.2.1 | CRE-42
credentials_without_roles CPO EMSP 2.2.1 | CRE-42
credentials_roles_twice CPO EMSP 2.2.1 | CRE-43
credentials_without_party CPO EMSP 2.1.1 | CRE-42
foreign_owner CPO EMSP 2.2.1 | TRA-52 TRA-58/a TRA-58/b TRA-58/c TRA-58/d
no_owner CPO EMSP 2.2.1 | TRA-42/a TRA-42/b TRA-42/c TRA-42/d
names_of_another_version CPO EMSP 2.2.1 | TRA-42/b TRA-42/c
no_last_updated CPO EMSP 2.2.1 | TRA-42/a TRA-42/b TRA-42/c TRA-42/d
dates_with_offset CPO EMSP 2.2.1 | TRA-42/a TRA-42/b TRA-42/c TRA-42/d
location_without_coordinates CPO EMSP 2.2.1 | TRA-42/a
location_without_country CPO EMSP 2.2.1 | TRA-42/a
location_without_time_zone CPO EMSP 2.2.1 | TRA-42/a
location_bad_time_zone CPO EMSP 2.2.1 | LOC-64
location_country_of_two CPO EMSP 2.2.1 | TRA-42/a
coordinates_too_short CPO EMSP 2.2.1 | TRA-42/a
last_updated_not_lifted CPO EMSP 2.2.1 | LOC-87
evse_without_connectors CPO EMSP 2.2.1 | TRA-42/a
evse_without_status CPO EMSP 2.2.1 | TRA-42/a
evse_unknown_status CPO EMSP 2.2.1 | TRA-42/a
evses_of_one_uid CPO EMSP 2.2.1 | LOC-60
connector_without_standard CPO EMSP 2.2.1 | TRA-42/a
energy_mix_not_whole CPO EMSP 2.2.1 | LOC-83
tariff_without_elements CPO EMSP 2.2.1 | TRA-42/d
tariff_without_currency CPO EMSP 2.2.1 | TRA-42/d
tariff_unknown_dimension CPO EMSP 2.2.1 | TRA-42/d
tariff_without_tax_included CPO EMSP 2.3.0 | TRA-42/d
session_without_currency CPO EMSP 2.2.1 | TRA-42/b
session_without_status CPO EMSP 2.2.1 | TRA-42/b
session_without_token CPO EMSP 2.2.1 | TRA-42/b
cdr_without_total_cost CPO EMSP 2.2.1 | TRA-42/c
cdr_total_wrong CPO EMSP 2.2.1 | CDR-31
cdr_without_periods CPO EMSP 2.2.1 | TRA-42/c
cdr_backwards CPO EMSP 2.2.1 | CDR-30
cdr_session_dimension CPO EMSP 2.2.1 | CDR-34
unchecked CPO EMSP 2.2.1 | STA-14/f
unknown_fields_refused CPO EMSP 2.2.1 | TRA-75/b
put_not_stored CPO EMSP 2.2.1 | TOK-04/a
put_merges CPO EMSP 2.2.1 | TRA-46/c
patch_needs_no_date CPO EMSP 2.2.1 | TRA-49/c
patch_ignored CPO EMSP 2.2.1 | TOK-02
patch_replaces CPO EMSP 2.2.1 | TOK-02
patch_unknown_accepted CPO EMSP 2.2.1 | TRA-51/b
other_id_accepted CPO EMSP 2.2.1 | TRA-56/b
foreign_owner_accepted CPO EMSP 2.2.1 | TRA-54/g
case_matters CPO EMSP 2.2.1 | TYP-01/c
commands_unchecked CPO EMSP 2.2.1 | AMB-44 CMD-17 CMD-18
foreign_token_accepted CPO EMSP 2.2.1 | CMD-34
command_never_concludes CPO EMSP 2.2.1 | CMD-08
result_sent_twice CPO EMSP 2.2.1 | CMD-14
calls_any_host CPO EMSP 2.2.1 | ARC-20/c
profile_never_concludes CPO EMSP 2.2.1 | CHP-15/a
profiles_unchecked@GET CPO EMSP 2.2.1 | CHP-23/b
profiles_unchecked CPO EMSP 2.2.1 | CHP-23/a
profiles_unchecked@DELETE CPO EMSP 2.2.1 | CHP-23/c
command_without_timeout CPO EMSP 2.2.1 | CMD-06
command_unknown_word CPO EMSP 2.2.1 | CMD-04
profile_without_timeout CPO EMSP 2.2.1 | CHP-23/a
profile_unknown_word CPO EMSP 2.2.1 | CHP-23/a
result_enveloped CPO EMSP 2.2.1 | TRA-72
result_unknown_word CPO EMSP 2.2.1 | CMD-09
result_unknown_word CPO EMSP 2.1.1 | CMD-11
result_elsewhere CPO EMSP 2.2.1 | CMD-08
result_without_profile CPO EMSP 2.2.1 | CHP-17
calls_without_request_id CPO EMSP 2.2.1 | TRA-80
calls_without_correlation_id CPO EMSP 2.2.1 | TRA-82
calls_without_content_type CPO EMSP 2.2.1 | TRA-15
calls_with_raw_token CPO EMSP 2.2.1 | TRA-04/b
calls_with_wrong_token CPO EMSP 2.2.1 | CRE-07
calls_with_envelope CPO EMSP 2.2.1 | TRA-45
patches_without_date CPO EMSP 2.2.1 | TRA-48
puts_to_foreign_url CPO EMSP 2.2.1 | TRA-52
posts_what_is_put CPO EMSP 2.2.1 | TRA-53
token_types_mixed CPO EMSP 2.2.1 | TOK-06
encoded_tokens_only CPO EMSP 2.1.1 | TRA-05
header_case_matters CPO EMSP 2.2.1 | TRA-10
registered_see_no_versions CPO EMSP 2.2.1 | VER-24
charset_refused CPO EMSP 2.2.1 | ARC-03
own_ids_case_matters CPO EMSP 2.2.1 | TYP-01/a
sessions_need_date_from CPO EMSP 2.2.1 | SES-10
unknown_parameters_refused CPO EMSP 2.2.1 | TRA-21
content_type_required CPO EMSP 2.2.1 | TRA-16
deep_json_breaks CPO EMSP 2.2.1 | STA-03/a
odd_numbers_break CPO EMSP 2.2.1 | STA-03/b
odd_paths_break CPO EMSP 2.2.1 | STA-03/c
any_scheme CPO EMSP 2.2.1 | TRA-03
hostile_url_accepted CPO EMSP 2.2.1 | CRE-41/a
follows_redirects CPO EMSP 2.2.1 | ARC-20/a
no_cdr_follows CPO EMSP 2.2.1 | CDR-02
profile_result_unknown_word@PUT CPO EMSP 2.2.1 | CHP-15/a
profile_result_unknown_word@GET CPO EMSP 2.2.1 | CHP-15/b
profile_result_unknown_word@DELETE CPO EMSP 2.2.1 | CHP-15/c
unknown_command_accepted CPO EMSP 2.2.1 | CMD-49
any_response_url CPO EMSP 2.2.1 | ARC-20/b
incomplete_command_accepted CPO EMSP 2.2.1 | CMD-03
profile_without_unit_accepted CPO EMSP 2.2.1 | CHP-11
result_url_not_needed CPO EMSP 2.2.1 | CHP-10
nonsense_accepted CPO EMSP 2.2.1 | STA-14/g
deep_json_accepted CPO EMSP 2.2.1 | STA-03/a
preferences_of_anything CPO EMSP 2.2.1 | SES-42
reserve_unanswered CPO EMSP 2.2.1 | CMD-41
cancel_unanswered CPO EMSP 2.2.1 | CMD-45
unlock_unanswered CPO EMSP 2.2.1 | CMD-48
start_anywhere_unanswered CPO EMSP 2.2.1 | CMD-39
stop_is_unknown CPO EMSP 2.2.1 | CMD-18/b
stop_needs_reference CPO EMSP 2.2.1 | CMD-19
preferences_as_object CPO EMSP 2.2.1 | SES-32
data_on_writes CPO EMSP 2.2.1 | TRA-70
custom_codes CPO EMSP 2.2.1 | STA-10
success_under_errors CPO EMSP 2.2.1 | STA-01
camel_case CPO EMSP 2.2.1 | TRA-98
no_ids_on_configuration CPO EMSP 2.2.1 | TRA-85
token_with_blank CPO EMSP 2.2.1 | CRE-54
urls_without_version CPO EMSP 2.2.1 | TRA-91
order_drifts CPO EMSP 2.2.1 | TRA-29/a TRA-29/b TRA-29/c TRA-29/d
pulls_by_offset CPO EMSP 2.2.1 | TRA-40
connectors_of_one_id CPO EMSP 2.2.1 | LOC-62
hours_contradict CPO EMSP 2.2.1 | LOC-78
hours_backwards CPO EMSP 2.2.1 | LOC-81
published_to_some CPO EMSP 2.2.1 | LOC-17
publish_token_unnamed CPO EMSP 2.2.1 | LOC-19
unknown_parking CPO EMSP 2.3.0 | LOC-91
unknown_tariffs CPO EMSP 2.2.1 | LOC-71
tariff_without_default CPO EMSP 2.2.1 | TAR-14
tariff_backwards CPO EMSP 2.2.1 | TAR-21
step_size_zero CPO EMSP 2.2.1 | TAR-26
completed_without_end CPO EMSP 2.2.1 | SES-28/a
session_of_others CPO EMSP 2.2.1 | CMD-37
stopped_goes_on CPO EMSP 2.2.1 | SES-02
cdr_other_reference CPO EMSP 2.2.1 | CMD-37/b
cdr_without_session CPO EMSP 2.2.1 | CDR-27
credit_without_reference CPO EMSP 2.2.1 | CDR-06
periods_out_of_order CPO EMSP 2.2.1 | CDR-25
shows_other_customers CPO EMSP 2.2.1 | TRA-17/a TRA-17/b
single_as_list CPO EMSP 2.2.1 | LOC-31/a LOC-31/b LOC-31/c
window_of_evses CPO EMSP 2.2.1 | LOC-28
order_changes CPO EMSP 2.2.1 | TRA-28/a TRA-28/b TRA-28/c TRA-28/d
beyond_the_end CPO EMSP 2.2.1 | TRA-30/g TRA-30/h TRA-30/i TRA-30/j
versions_change CPO EMSP 2.2.1 | VER-25
odd_version CPO EMSP 2.2.1 | VER-18
endpoint_twice CPO EMSP 2.2.1 | VER-09
odd_identifier CPO EMSP 2.2.1 | VER-13
commands_alone CPO EMSP 2.2.1 | VER-17
credentials_of_others CPO EMSP 2.2.1 | CRE-13
credentials_other_url CPO EMSP 2.2.1 | CRE-41/b
limit_echoed CPO EMSP 2.2.1 | TRA-32/a TRA-32/b TRA-32/c TRA-32/d
limit_too_small CPO EMSP 2.2.1 | TRA-35/a TRA-35/b TRA-35/c TRA-35/d
routes_configuration CPO EMSP 2.2.1 | HUB-02
short_request_ids CPO EMSP 2.2.1 | TRA-84
guesses_urls CPO EMSP 2.2.1 | TRA-90
cdrs_are_put CPO EMSP 2.2.1 | CDR-14
pushes_with_wrong_token CPO EMSP 2.2.1 | TRA-02
results_with_wrong_token CPO EMSP 2.2.1 | AMB-25
active_profile_undated CPO EMSP 2.2.1 | CHP-30
no_routing_headers CPO,EMSP EMSP 2.2.1 | HUB-05
calls_without_routing CPO,EMSP EMSP 2.2.1 | HUB-04/b
list_as_object EMSP CPO 2.2.1 | TRA-20/e
refusals_as_success EMSP CPO 2.2.1 | CDR-01 CHP-42 CRE-40/a STA-14/a STA-14/b STA-14/c STA-14/d STA-14/e STA-14/g STA-14/h TRA-49/a TRA-49/b TRA-56/a TRA-57/a TYP-18
unknown_object_as_200 EMSP CPO 2.2.1 | AMB-05 AMB-05/b LOC-41/b SES-16 STA-03/c STA-05/c TAR-02 TOK-31 TRA-51/a TRA-54/a TRA-54/b TRA-54/c TRA-54/d TRA-54/e TRA-54/f
unknown_object_as_500 EMSP CPO 2.2.1 | AMB-05 AMB-05/b LOC-41/b SES-16 STA-03/c STA-03/d STA-05/c TAR-02 TOK-31 TRA-51/a TRA-54/a TRA-54/b TRA-54/c TRA-54/d TRA-54/e TRA-54/f
created_as_200 EMSP CPO 2.2.1 | STA-07/a STA-07/b
updated_as_201 EMSP CPO 2.2.1 | STA-06/a
method_as_404 EMSP CPO 2.2.1 | CRE-14 CRE-20 CRE-24 LOC-04 LOC-52 SES-12/b TAR-07 TAR-07/b TOK-08 VER-02/b
any_method EMSP CPO 2.2.1 | CDR-15 LOC-04 LOC-52 SES-12/b TOK-08 VER-02/b
any_method EMSP HUB 2.2.1 | HCI-03/b TOK-08 VER-02/b
ignores_limit EMSP CPO 2.2.1 | TRA-27/e
exceeds_limit EMSP CPO 2.2.1 | TRA-27/e
ignores_offset EMSP CPO 2.2.1 | TRA-26/e
ignores_date_from EMSP CPO 2.2.1 | TRA-22/e
date_from_exclusive EMSP CPO 2.2.1 | TRA-23/e
date_to_inclusive EMSP CPO 2.2.1 | TRA-24/e
no_total_count EMSP CPO 2.2.1 | TRA-37/e
no_link EMSP CPO 2.2.1 | TRA-30/e
link_forgets_dates EMSP CPO 2.2.1 | TRA-31/e
link_on_last_page EMSP CPO 2.2.1 | TRA-30/e TRA-30/k
foreign_owner EMSP CPO 2.2.1 | TRA-58/e
no_owner EMSP CPO 2.2.1 | TRA-42/e
token_without_valid EMSP CPO 2.2.1 | TRA-42/e
token_without_contract EMSP CPO 2.2.1 | TRA-42/e
token_unknown_whitelist EMSP CPO 2.2.1 | TRA-42/e
unchecked@hubclientinfo EMSP HUB 2.2.1 | HCI-07
unknown_fields_refused EMSP CPO 2.2.1 | TRA-75/a
put_merges EMSP CPO 2.2.1 | SES-13 TRA-46/a TRA-46/b
patch_ignored EMSP CPO 2.2.1 | LOC-47 TRA-47
patch_replaces_periods EMSP CPO 2.2.1 | SES-17
parents_keep_their_date EMSP CPO 2.2.1 | LOC-44 LOC-49
other_owner_accepted EMSP CPO 2.2.1 | TRA-57/a
case_matters EMSP CPO 2.2.1 | TYP-01/b
delete_ignored EMSP CPO 2.2.1 | TAR-02
cdr_changed_accepted EMSP CPO 2.2.1 | CDR-01
cdr_twice_refused EMSP CPO 2.2.1 | CDR-16/a
cdr_without_location EMSP CPO 2.2.1 | CDR-12
cdr_location_dead EMSP CPO 2.2.1 | CDR-13
authorizes_anybody EMSP CPO 2.2.1 | TOK-31
token_type_ignored EMSP CPO 2.2.1 | TOK-30/c
unknown_token_as_200 EMSP CPO 2.2.1 | TOK-31
unknown_token_as_2001 EMSP CPO 2.2.1 | TOK-32
authorization_without_token EMSP CPO 2.2.1 | TOK-37
authorization_unknown_word EMSP CPO 2.2.1 | TOK-33/a
blocked_as_error EMSP CPO 2.2.1 | TOK-33/b
put_keeps_evses EMSP CPO 2.2.1 | LOC-46
put_keeps_periods EMSP CPO 2.2.1 | SES-14
empty_periods_clear EMSP CPO 2.2.1 | SES-18
old_periods_appended EMSP CPO 2.1.1 | SES-20
null_refused EMSP CPO 2.2.1 | TYP-15
new_values_refused EMSP CPO 2.3.0 | TYP-13
fractions_refused EMSP CPO 2.2.1 | TYP-06
parts_not_read EMSP CPO 2.2.1 | LOC-41/a
evse_refused EMSP CPO 2.2.1 | LOC-45
connector_refused EMSP CPO 2.2.1 | LOC-43
evse_patch_refused EMSP CPO 2.2.1 | LOC-51
patch_needs_date EMSP CPO 2.1.1 | TRA-50
encoded_ids_refused EMSP CPO 2.2.1 | AMB-39/b
tariff_patch_refused EMSP CPO 2.1.1 | TAR-08
session_needs_location EMSP CPO 2.2.1 | SES-28/b
cdr_needs_location EMSP CPO 2.2.1 | CDR-04
credit_refused EMSP CPO 2.2.1 | CDR-07
cdr_conflict_breaks EMSP CPO 2.2.1 | STA-03/d
place_refused EMSP CPO 2.2.1 | TOK-30/a
token_type_required EMSP CPO 2.2.1 | TOK-30/b
client_info_refused EMSP HUB 2.2.1 | HCI-03
prices_rounded EMSP CPO 2.2.1 | TAR-11
script_lost EMSP CPO 2.2.1 | TYP-02
client_info_stays EMSP HUB 2.2.1 | HCI-11
driver_token_opens EMSP CPO 2.2.1 | TRA-11
undated_profile_accepted EMSP CPO 2.2.1 | CHP-42
parts_of_sessions_patched EMSP CPO 2.2.1 | SES-16
orphans_accepted EMSP CPO 2.2.1 | AMB-05
unknown_deleted EMSP CPO 2.2.1 | AMB-05/b
strangers_deleted EMSP CPO 2.2.1 | TRA-54/d
strangers_read EMSP CPO 2.2.1 | TRA-54/b
long_ids_cut EMSP CPO 2.2.1 | TYP-18
location_unasked EMSP CPO 2.2.1 | TOK-36
active_profile_answered EMSP CPO 2.2.1 | CHP-18/a
order_drifts EMSP CPO 2.2.1 | TRA-29/e
app_users_whitelisted EMSP CPO 2.2.1 | TOK-10
order_changes EMSP CPO 2.2.1 | TRA-28/e
limit_echoed EMSP CPO 2.2.1 | TRA-32/e
limit_too_small EMSP CPO 2.2.1 | TRA-35/e
list_as_object HUB EMSP 2.2.1 | TRA-20/a TRA-20/b TRA-20/c TRA-20/d TRA-20/f
routing_not_swapped HUB EMSP 2.2.1 | HUB-05
refusals_as_success HUB EMSP 2.2.1 | CMD-03 CMD-17 CRE-40/a HUB-04 STA-14/f STA-14/g STA-14/h TRA-49/c TRA-56/b
refusals_as_success HUB CPO 2.2.1 | CDR-01 CHP-42 CRE-40/a HUB-04 HUB-21 STA-14/a STA-14/b STA-14/c STA-14/d STA-14/e STA-14/g STA-14/h TRA-49/a TRA-49/b TRA-56/a TRA-57/a TYP-18
method_as_404 HUB EMSP 2.2.1 | CDR-10 CMD-01 CRE-14 CRE-20 CRE-24 HCI-04 LOC-32 SES-11/a TAR-05/a TOK-02/b VER-02/b
ignores_limit HUB EMSP 2.2.1 | TRA-27/a TRA-27/b TRA-27/c TRA-27/d TRA-27/f
ignores_offset HUB EMSP 2.2.1 | TRA-26/a TRA-26/b TRA-26/c TRA-26/d TRA-26/f
ignores_date_from HUB EMSP 2.2.1 | TRA-22/a TRA-22/b TRA-22/c TRA-22/d TRA-22/f
date_from_exclusive HUB EMSP 2.2.1 | TRA-23/a TRA-23/b TRA-23/c TRA-23/d TRA-23/f
date_to_inclusive HUB EMSP 2.2.1 | TRA-24/a TRA-24/b TRA-24/c TRA-24/d TRA-24/f
no_total_count HUB EMSP 2.2.1 | TRA-37/a TRA-37/b TRA-37/c TRA-37/d TRA-37/f
total_of_page HUB EMSP 2.2.1 | TRA-34/a TRA-34/b TRA-34/c TRA-34/d TRA-34/f
no_link HUB EMSP 2.2.1 | TRA-30/a TRA-30/b TRA-30/c TRA-30/d TRA-30/f
link_forgets_dates HUB EMSP 2.2.1 | TRA-31/a TRA-31/b TRA-31/c TRA-31/d TRA-31/f
link_on_last_page HUB EMSP 2.2.1 | TRA-30/a TRA-30/b TRA-30/c TRA-30/d TRA-30/f TRA-30/g TRA-30/h TRA-30/i TRA-30/j TRA-30/l
no_owner HUB EMSP 2.2.1 | TRA-42/a TRA-42/b TRA-42/c TRA-42/d TRA-42/f
hub_answers_for_all HUB EMSP 2.2.1 | STA-23
foreign_sender_accepted HUB EMSP 2.2.1 | HUB-04
hub_broadcasts_cdrs HUB CPO 2.2.1 | HUB-21
hub_tells_asker HUB EMSP 2.2.1 | HCI-06
client_info_without_status HUB EMSP 2.2.1 | TRA-42/f
client_info_unknown_status HUB EMSP 2.2.1 | TRA-42/f
order_drifts HUB EMSP 2.2.1 | TRA-29/a TRA-29/b TRA-29/c TRA-29/d TRA-29/f
order_changes HUB EMSP 2.2.1 | TRA-28/a TRA-28/b TRA-28/c TRA-28/d TRA-28/f
hub_lists_parties HUB EMSP 2.2.1 | CRE-47
hub_without_id HUB EMSP 2.3.0 | CRE-49
hub_lists_nothing HUB EMSP 2.2.1 | HUB-30
limit_echoed HUB EMSP 2.2.1 | TRA-32/a TRA-32/b TRA-32/c TRA-32/d TRA-32/f
limit_too_small HUB EMSP 2.2.1 | TRA-35/a TRA-35/b TRA-35/c TRA-35/d TRA-35/f
cdrs_refused EMSP CPO 2.2.1 | CDR-11
put_not_stored EMSP CPO 2.2.1 | LOC-42/a SES-12 TAR-06/a
total_of_page EMSP CPO 2.2.1 | TRA-34/e
broadcast_answered_by_another HUB EMSP 2.2.1 | HUB-16
hub_ignores_offline HUB EMSP 2.2.1 | STA-25
hub_speaks_for_itself HUB EMSP 2.2.1 | HUB-06
hub_keeps_request_id HUB EMSP 2.2.1 | HUB-08
hub_drops_correlation_id HUB CPO 2.2.1 | HUB-09
hub_keeps_urls HUB EMSP 2.2.1 | AMB-26
hub_hides_refusals HUB EMSP 2.3.0 | STA-26
hub_routes_nothing HUB CPO 2.2.1 | HUB-27
hub_keeps_broadcasts HUB EMSP 2.2.1 | HUB-17/a
hub_broadcasts_as_sender HUB CPO 2.3.0 | HUB-17/b
"""

# Rows that need a sandbox that pulls what we list as soon as we register.
PULLING = ("pulls_by_offset",)

# Rows in which the kit joins the hub with two parties, and sees both ends.
AT_BOTH_ENDS = (
    "hub_speaks_for_itself",
    "hub_keeps_request_id",
    "hub_drops_correlation_id",
    "hub_keeps_urls",
    "hub_hides_refusals",
    "hub_routes_nothing",
    "hub_keeps_broadcasts",
    "hub_broadcasts_as_sender",
)

# Rows in which a party behind the sandbox hub is away.
AWAY = {"hub_ignores_offline": "AT/HBC"}

# How the sandbox is told to answer beside it.
TOLD: dict[str, dict[str, Any]] = {
    "command_never_concludes": {"timeout": 1},
    "profile_never_concludes": {"timeout": 1},
    "stop_never_concludes": {"timeout": 1},
}

# Breaks that no check sees, and why.
UNSEEN = {
    "unknown_fields_dropped": "the specification forbids to refuse them, not to drop them (TRA-75)",
    "active_profile_not_told": "a CPO may not know of the change (CHP-32)",
    "pulls_first_page_only": "who follows no link may only be slow; skipped, and said so",
}


def allowed(options: Options) -> Options:
    """A run that may do everything, and waits no longer than a test can."""
    return replace(options, write=True, patience=3, timeout=15)
