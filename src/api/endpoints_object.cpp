// The calls on an InferenceEndpoint.
#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cmath>

#include "api/common/inference_endpoint.hpp"

namespace hfasync {

namespace detail {

bool may_carry_token(const http::Url& url)
{
    if (url.tls() || url.host == "localhost") return true;
    // A name such as 127.0.0.1.example.com is not this machine.
    boost::system::error_code no_address;
    const auto address = boost::asio::ip::make_address(url.host, no_address);
    return !no_address && address.is_loopback();
}

namespace {

using Seconds = std::chrono::duration<double>;

// Whether the endpoint answers at its own URL, which the API gave: 200 means ready, whatever the state says.
boost::asio::awaitable<bool> answers(HubPtr hub, InferenceEndpoint endpoint)
{
    http::Request request;
    try {
        request.url = http::Url::parse(*endpoint.url);
    } catch (const ValueError& error) {
        throw BadResponseError(errc::bad_response,
                               "the API gave an unusable URL for Inference Endpoint " + endpoint.name + ": " +
                                   error.message(),
                               {.path = "$.status.url"});
    }
    request.auth.token = endpoint.handle->token;
    if (may_carry_token(request.url)) request.auth.origin = request.url.origin();
    request.max_retries = 0; // the next look is the retry
    try {
        auto response = co_await hub->client.send(
            std::move(request), {.what = "Inference Endpoint " + endpoint.name}, http::Statuses::any);
        const bool ready = response.status == 200;
        co_await response.drain();
        co_return ready;
    } catch (const HubError& error) {
        // A name that is not known yet, a gateway that does not listen yet: not ready.
        const auto code = error.code();
        if (code != errc::resolve_failed && code != errc::connect_failed && code != errc::connection_lost &&
            code != errc::timed_out)
            throw;
    }
    co_return false;
}

void check(const InferenceEndpointWaitOptions& options)
{
    constexpr double most = 1e9; // seconds; more would overflow the clock
    if (options.timeout && !(*options.timeout >= 0)) throw ValueError("`timeout` cannot be negative.");
    if (!(options.refresh_every > 0)) throw ValueError("`refresh_every` must be positive.");
    if (options.timeout.value_or(0) > most || options.refresh_every > most)
        throw ValueError("`timeout` and `refresh_every` must be below 1e9 seconds.");
}

void throw_if_failed(const InferenceEndpoint& endpoint)
{
    const bool failed = endpoint.status == InferenceEndpointStatus::failed;
    if (!failed && !(endpoint.status == InferenceEndpointStatus::update_failed)) return;
    throw InferenceEndpointError(errc::endpoint_failed, "Inference Endpoint " + endpoint.name +
                                                            " failed to " + (failed ? "deploy" : "update") +
                                                            ". Please check the logs for more information.");
}

} // namespace

boost::asio::awaitable<InferenceEndpoint> wait_for_endpoint(HubPtr hub, InferenceEndpoint endpoint,
                                                            InferenceEndpointWaitOptions options)
{
    check(options);
    const auto start = hub->clock->now();
    for (;;) {
        const bool deployed = endpoint.url && !endpoint.url->empty();
        if (deployed && co_await answers(hub, endpoint)) co_return endpoint;
        throw_if_failed(endpoint);
        Seconds pause(options.refresh_every);
        if (options.timeout) {
            const Seconds left = Seconds(*options.timeout) - (hub->clock->now() - start);
            if (left.count() <= 0)
                throw InferenceEndpointTimeoutError(
                    errc::timed_out, "Timeout while waiting for Inference Endpoint " + endpoint.name +
                                         " to be deployed: it did not answer within " +
                                         std::to_string(static_cast<long long>(*options.timeout)) + " s.");
            pause = std::min(pause, left);
        }
        co_await hub->clock->sleep_until(hub->clock->now() +
                                         std::chrono::ceil<Clock::Steady::duration>(pause));
        EndpointRef same{endpoint.name, endpoint.namespace_, endpoint.handle->token};
        endpoint = co_await get_endpoint(hub, std::move(same));
    }
}

} // namespace detail

namespace {

using namespace detail;

const InferenceEndpointHandle& handle_of(const InferenceEndpoint& endpoint)
{
    if (!endpoint.handle)
        throw ValueError("this InferenceEndpoint has no Hub: get it from get_inference_endpoint");
    return *endpoint.handle;
}

EndpointRef ref_of(const InferenceEndpoint& endpoint)
{
    if (endpoint.name.empty()) // the URL would be that of the whole namespace
        throw ValueError("this InferenceEndpoint has no name: get it from get_inference_endpoint");
    return {endpoint.name, endpoint.namespace_, handle_of(endpoint).token};
}

} // namespace

boost::asio::awaitable<InferenceEndpoint> InferenceEndpoint::fetch() const
{
    return get_endpoint(handle_of(*this).hub, ref_of(*this));
}

boost::asio::awaitable<InferenceEndpoint> InferenceEndpoint::wait(InferenceEndpointWaitOptions options) const
{
    return wait_for_endpoint(handle_of(*this).hub, *this, options);
}

boost::asio::awaitable<InferenceEndpoint> InferenceEndpoint::update(InferenceEndpointChanges changes) const
{
    return update_endpoint(handle_of(*this).hub, ref_of(*this), std::move(changes));
}

boost::asio::awaitable<InferenceEndpoint> InferenceEndpoint::pause() const
{
    return switch_endpoint(handle_of(*this).hub, ref_of(*this), "/pause");
}

boost::asio::awaitable<InferenceEndpoint>
InferenceEndpoint::resume(InferenceEndpointResumeOptions options) const
{
    return resume_endpoint(handle_of(*this).hub, ref_of(*this), options.running_ok);
}

boost::asio::awaitable<InferenceEndpoint> InferenceEndpoint::scale_to_zero() const
{
    return switch_endpoint(handle_of(*this).hub, ref_of(*this), "/scale-to-zero");
}

boost::asio::awaitable<void> InferenceEndpoint::delete_() const
{
    return delete_endpoint(handle_of(*this).hub, ref_of(*this));
}

} // namespace hfasync
