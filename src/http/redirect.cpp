#include "http/redirect.hpp"

namespace hfasync::http {

namespace {

bool is_redirect(int status) noexcept
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// What browsers and `requests` do: 303 asks for a GET, 302 is treated like it, 301 turns a POST into a GET.
bool becomes_get(Method method, int status) noexcept
{
    if (method == Method::head || method == Method::get) return false;
    return status == 303 || status == 302 || (status == 301 && method == Method::post);
}

bool names_a_host(std::string_view location) noexcept
{
    const auto end = location.find_first_of(":/?#");
    return location.starts_with("//") || (end != std::string_view::npos && end > 0 && location[end] == ':');
}

} // namespace

RedirectStep decide_redirect(const Url& from, Method method, int status,
                             std::optional<std::string_view> location, int hops, const RedirectRules& rules)
{
    RedirectStep step;
    step.method = method;
    if (!is_redirect(status) || rules.mode == Redirects::none || !location || location->empty()) return step;
    if (rules.mode == Redirects::relative_only && names_a_host(*location)) {
        step.verdict = RedirectVerdict::hand_back;
        return step;
    }
    const auto to = from.resolve(*location);
    if (!to)
        step.verdict = RedirectVerdict::unusable;
    else if (from.tls() && !to->tls() && !rules.insecure_allowed)
        step.verdict = RedirectVerdict::insecure;
    else if (hops >= most_redirects)
        step.verdict = RedirectVerdict::too_many;
    else
        step.verdict = RedirectVerdict::follow;
    if (to) step.url = *to;
    if (becomes_get(method, status)) {
        step.method = Method::get;
        step.keep_body = false;
    }
    return step;
}

} // namespace hfasync::http
