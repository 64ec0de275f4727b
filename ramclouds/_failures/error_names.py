"""The kinds of errors, and the names that the gateway and the providers give them."""

from __future__ import annotations

from ramclouds import errors as e
from ramclouds._failures.context_length import CODES as LENGTH_CODES

# The class of an error, and whether the same request may succeed later.
Classification = tuple[type[e.RamCloudsError], bool]

BAD: Classification = (e.BadRequestError, False)
DOWN: Classification = (e.ServerError, True)  # sent again
LENGTH: Classification = (e.ContextLengthError, False)
TOO_LARGE: Classification = (e.RequestTooLargeError, False)
FILTER: Classification = (e.ContentFilterError, False)
QUOTA: Classification = (e.InsufficientQuotaError, False)
MODEL: Classification = (e.ModelUnavailableError, False)
AUTH: Classification = (e.AuthenticationError, False)
DENIED: Classification = (e.PermissionDeniedError, False)
RATE: Classification = (e.RateLimitError, True)  # sent again
TOO_MUCH: Classification = (e.RateLimitError, False)  # this request alone is above the limit
BROKEN: Classification = (e.ServerError, False)  # a wrong setup: a retry does not help
BLOCKED: Classification = (e.BlockedError, False)
LATE: Classification = (e.GatewayTimeoutError, False)
ACCOUNT: Classification = (e.ProviderAccountError, False)

# What New API's codes mean (types/error.go), and the codes and types of the providers behind it.
# GLM: https://docs.z.ai/api-reference/api-code
# MiniMax's are in `base_resp`: https://platform.minimax.io/docs/api-reference/errorcode.md
_NAMES: tuple[tuple[Classification, str], ...] = (
    (
        BAD,
        "invalid_request bad_request_body convert_request_failed read_request_body_failed "
        "json_marshal_failed count_token_failed unsupported_parameter unsupported_value "
        "invalid_value missing_required_parameter unknown_parameter "
        "1210 1212 1213 1214 1215 base_resp:2013",
    ),
    (
        FILTER,
        "sensitive_words_detected prompt_blocked content_filter content_policy_violation "
        "data_inspection_failed DataInspectionFailed moderation_blocked 1301 "
        "InputTextSensitiveContentDetected OutputTextSensitiveContentDetected "
        "base_resp:1026 base_resp:1027",
    ),
    (LENGTH, " ".join(LENGTH_CODES)),
    (TOO_LARGE, "request_too_large"),
    (
        QUOTA,
        "insufficient_user_quota pre_consume_token_quota_failed insufficient_quota "
        "billing_hard_limit_reached billing_not_active billing_error exceeded_current_quota_error "
        "insufficient_balance_error AllocationQuota.FreeTierOnly Arrearage AccountOverdueError "
        "SetLimitExceeded 1113 1308 1309 1310 base_resp:1008 base_resp:2056",
    ),
    (
        MODEL,
        "model_not_found DeploymentNotFound InvalidEndpointOrModel.NotFound ModelNotOpen "
        "invalid_model model_price_error 1211",
    ),
    (
        DENIED,
        "access_denied permission_error permission_denied permission_denied_error forbidden "
        "Forbidden AccessDeniedException Model.AccessDenied unsupported_country_region_territory "
        "1220 1110 1112 1121",
    ),
    (
        AUTH,
        "invalid_api_key account_deactivated authentication_error incorrect_api_key_error "
        "invalid_authentication_error authorized_error token_revoked 1000 1001 1002 1003 1004 "
        "base_resp:1004 base_resp:2049",
    ),
    (
        RATE,
        "rate_limit_exceeded rate_limit_error rate_limit_reached_error limit_requests "
        "Throttling.RateQuota Throttling.BurstRate Throttling.AllocationQuota 1302 1303 1305 "
        "base_resp:1002 base_resp:1039 base_resp:1041",
    ),
    (
        DOWN,
        "do_request_failed get_channel_failed bad_response_body read_response_body_failed "
        "bad_response empty_response aws_invoke_error system_cpu_overloaded "
        "system_memory_overloaded system_disk_overloaded overloaded_error server_is_overloaded "
        "engine_overloaded_error channel:response_time_exceeded",
    ),
    (
        BROKEN,
        "new_api_panic gen_relay_info_failed invalid_api_type channel:no_available_key "
        "channel:param_override_invalid channel:header_override_invalid "
        "channel:model_mapped_error channel:aws_client_error channel:invalid_key",
    ),
)
BY_NAME = {name: found for found, names in _NAMES for name in names.split()}
