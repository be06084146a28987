#include "api/common/hub_state.hpp"

#include <fmt/format.h>

#include <sys/resource.h>

#include <algorithm>

#include "base/path_rules.hpp"
#include "http/url.hpp"

namespace hfasync {

namespace {

// Buffers of 256 KiB, two a transfer: with less than this a download could not run at all.
constexpr std::uint64_t least_memory = 1u << 20;

std::string checked_base_url(std::string_view text, std::string_view what)
{
    const auto refuse = [&](std::string_view why) {
        throw ValueError(fmt::format(
            "{} is not usable: {}; give an absolute URL such as https://huggingface.co.", what, why));
    };
    const auto url = [&] {
        try {
            return http::Url::parse(text);
        } catch (const ValueError& error) {
            throw ValueError(fmt::format("{}: {}", what, error.message()));
        }
    }();
    if (!url.query.empty() || text.find_first_of("?#") != std::string_view::npos)
        refuse("it has a query or fragment");
    if (!url.userinfo.empty()) refuse("it has a user name or password");
    auto end = text.size();
    while (end > 0 && text[end - 1] == '/')
        --end;
    return std::string(text.substr(0, end));
}

void check_timeouts(const Timeouts& timeouts)
{
    for (const auto limit : {timeouts.resolve, timeouts.connect, timeouts.handshake, timeouts.first_byte,
                             timeouts.idle, timeouts.total})
        if (limit < std::chrono::milliseconds::zero())
            throw ValueError("HubOptions::timeouts has a negative limit; use 0 for none.");
}

void check_headers(const HubOptions& options)
{
    for (const auto& [name, value] : options.headers) {
        detail::check_header_value(name, "The name of an extra header");
        detail::check_header_value(value, fmt::format("The extra header {}", name), true);
    }
    for (const auto& [name, value] : options.user_agent) {
        detail::check_header_value(name, "user_agent");
        detail::check_header_value(value, "user_agent");
    }
    if (options.library_name) detail::check_header_value(*options.library_name, "library_name");
    if (options.library_version) detail::check_header_value(*options.library_version, "library_version");
    if (options.token.kind() == Token::Kind::text)
        detail::check_header_value(options.token.text(), "The token", true);
}

HubOptions checked(HubOptions options)
{
    options.endpoint = checked_base_url(options.endpoint, "The endpoint (HubOptions::endpoint, HF_ENDPOINT)");
    options.inference_endpoints_url =
        checked_base_url(options.inference_endpoints_url, "HubOptions::inference_endpoints_url");
    check_timeouts(options.timeouts);
    check_headers(options);
    if (options.retry.max_retries < 0)
        throw ValueError("HubOptions::retry.max_retries is negative; use 0 for no retries.");
    if (options.worker_threads == 0)
        throw ValueError("HubOptions::worker_threads is 0; at least one is needed.");
    if (options.max_open_files == 0)
        throw ValueError("HubOptions::max_open_files is 0; at least one is needed.");
    if (options.connections.per_origin == 0)
        throw ValueError("HubOptions::connections.per_origin is 0; at least one is needed.");
    if (options.memory_budget < least_memory) throw ValueError("HubOptions::memory_budget is below 1 MiB.");
    if (options.etag_timeout && !(options.etag_timeout->count() >= 0))
        throw ValueError("HubOptions::etag_timeout is negative; use 0 for no limit.");
    if (!options.clock) options.clock = std::make_shared<Clock>();
    return options;
}

/// No more than the process may have open, less what the loop, the program and what is half open need:
/// waiting for a turn is better than EMFILE in the middle of a download.
std::size_t file_budget(const HubOptions& options)
{
    constexpr rlim_t others = 24, least = 3;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return options.max_open_files;
    const auto ours = limit.rlim_cur > others + least ? limit.rlim_cur - others : least;
    return static_cast<std::size_t>(std::min<rlim_t>(options.max_open_files, ours));
}

} // namespace

Hub::State::State(boost::asio::any_io_executor wanted, HubOptions given,
                  std::unique_ptr<boost::asio::io_context> own)
    : own_context(std::move(own)),
      executor(own_context ? boost::asio::any_io_executor(own_context->get_executor()) : std::move(wanted)),
      options(checked(std::move(given))), clock(options.clock), workers(options.worker_threads),
      memory(options.memory_budget), open_files(file_budget(options)), client(executor, options)
{
}

} // namespace hfasync
