// Where a 3xx answer leads, and what goes along. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "http/message.hpp"

namespace hfasync::http {

inline constexpr int most_redirects = 10;

struct RedirectRules {
    Redirects mode = Redirects::follow;
    bool insecure_allowed = false; ///< https to http: asked for, or the endpoint itself is http
};

enum class RedirectVerdict { none, follow, hand_back, too_many, unusable, insecure };

struct RedirectStep {
    RedirectVerdict verdict = RedirectVerdict::none;
    Url url;
    Method method = Method::get;
    bool keep_body = true;
};

/// `hops`: redirects followed so far.
RedirectStep decide_redirect(const Url& from, Method method, int status,
                             std::optional<std::string_view> location, int hops, const RedirectRules& rules);

} // namespace hfasync::http
