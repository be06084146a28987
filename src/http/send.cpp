// auth -> retry -> redirect: what surrounds an exchange.
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "http/auth.hpp"
#include "http/error_map.hpp"
#include "http/exchange.hpp"
#include "http/redirect.hpp"
#include "http/send.hpp"
#include "policy/header_values.hpp"

namespace hfasync::http {

namespace asio = boost::asio;

namespace {

bool is_secret(std::string_view name) noexcept
{
    return detail::iequals(name, "authorization") || detail::iequals(name, "cookie") ||
           detail::iequals(name, "proxy-authorization");
}

/// What the engine decides itself; never both Content-Length and Transfer-Encoding.
bool is_framing(std::string_view name) noexcept
{
    for (const std::string_view own :
         {"host", "content-length", "transfer-encoding", "connection", "te", "expect"})
        if (detail::iequals(name, own)) return true;
    return false;
}

/// Adds what the hops of an attempt end with.
struct Attempted {
    std::optional<Fault> fault;
    std::optional<RedirectStep> bad_redirect;
    Response response;
    std::exception_ptr lost_body; ///< of a good answer
    bool handed_back = false;     ///< a redirect that the caller asked to see
    bool sent = false;
    Url url;
};

class Send {
public:
    Send(std::shared_ptr<Engine> engine, Request request, ErrorScope scope, Statuses statuses,
         WholeBody* whole)
        : engine_(std::move(engine)), request_(std::move(request)), scope_(std::move(scope)),
          statuses_(statuses), whole_(whole), limits_(request_.timeouts.value_or(engine_->options.timeouts))
    {
    }

    asio::awaitable<Response> run()
    {
        prepare();
        for (int attempt = 0;; ++attempt) {
            co_await pass_gate();
            auto attempted = co_await try_once(attempt);
            if (whole_ && is_success(attempted)) co_await read_whole(attempted);
            const auto outcome = outcome_of(attempted);
            const auto decision = detail::decide_retry(
                attempt, outcome, rule(), [this](std::uint64_t limit) { return engine_->random(limit); });
            if (!decision.again || (request_.body && !request_.body->rewind()))
                co_return co_await conclude(std::move(attempted), attempt + 1);
            if (attempted.lost_body)
                attempted.response = {};
            else
                co_await attempted.response.drain();
            ++engine_->retries;
            co_await engine_->clock->sleep_until(engine_->clock->now() + decision.wait);
        }
    }

private:
    void prepare()
    {
        if (engine_->closed) throw HubError(errc::shut_down, "the Hub handle was closed; make a new one");
        if (engine_->options.offline)
            throw OfflineModeIsEnabled(errc::offline,
                                       "offline mode is on, so " + request_.url.redacted() +
                                           " is not asked; unset HF_HUB_OFFLINE or HubOptions::offline");
        own_origin_ =
            request_.auth.origin ? Url::parse(*request_.auth.origin).origin() : engine_->endpoint_origin;
        if (!engine_->own_authorization.empty())
            authorization_ = engine_->own_authorization;
        else if (const auto token = token_for(request_.auth, engine_->options))
            authorization_ = "Bearer " + *token;
        trace_id_ = engine_->new_trace_id();
        clock_end_ = limits_.timeouts.total.count() > 0 ? engine_->clock->now() + limits_.timeouts.total
                                                        : SteadyTime::max();
    }

    detail::RetryRule rule() const
    {
        const auto& from = engine_->options.retry;
        detail::RetryRule rule{.options = {.max_retries = request_.max_retries.value_or(from.max_retries),
                                           .base = from.base,
                                           .cap = from.cap,
                                           .server_cap = from.server_cap},
                               .replay = request_.replay,
                               .body_replayable = true,
                               .left = {}};
        if (clock_end_ != SteadyTime::max()) {
            // The injected clock measures the waits, the real one the sockets: the nearer end counts.
            const auto left =
                std::min(clock_end_ - engine_->clock->now(), limits_.end - std::chrono::steady_clock::now());
            rule.left = std::chrono::floor<std::chrono::milliseconds>(left);
        }
        return rule;
    }

    /// Others were told to wait: so do we, unless it would take longer than the caller has, or the caller
    /// wants no retries and so no waits.
    asio::awaitable<void> pass_gate()
    {
        const auto limits = rule();
        if (limits.options.max_retries <= 0) co_return;
        const auto now = engine_->clock->now();
        const auto until = engine_->gate.closed_until(request_.url.origin(), now);
        if (until && *until < clock_end_) co_await engine_->clock->sleep_until(*until);
    }

    /// Authorization and cookies go to the origin they are meant for and no other: not over a redirect, not
    /// to the host of an LFS or Link URL.
    std::string fields_for(const Url& url, bool with_body) const
    {
        const auto origin = url.origin();
        const bool own = origin == own_origin_, asked = origin == request_.url.origin();
        std::string out;
        out.reserve(512);
        for (const auto& [name, value] : request_.headers.all()) {
            if (is_framing(name) || (is_secret(name) && !asked)) continue;
            if (!with_body && name.size() > 8 && detail::iequals(name.substr(0, 8), "content-")) continue;
            append_field(out, name, value);
        }
        for (const auto& [name, value] : engine_->defaults)
            if (!request_.headers.find(name) && (own || !is_secret(name))) append_field(out, name, value);
        if (!request_.headers.find("x-amzn-trace-id")) append_field(out, "X-Amzn-Trace-Id", trace_id_);
        if (own && !authorization_.empty() && !request_.headers.find("authorization"))
            append_field(out, "Authorization", authorization_);
        return out;
    }

    asio::awaitable<Attempted> try_once(int attempt)
    {
        Attempted out;
        out.url = request_.url;
        Method method = request_.method;
        bool with_body = request_.body != nullptr;
        const RedirectRules rules{.mode = request_.redirects,
                                  .insecure_allowed =
                                      engine_->options.allow_insecure_redirects || !engine_->endpoint.tls()};
        for (int hops = 0;; ++hops) {
            const auto fields = fields_for(out.url, with_body);
            const Outgoing outgoing{
                .method = method,
                .url = &out.url,
                .fields = &fields,
                .body = with_body ? request_.body.get() : nullptr,
                .proxy = choose_proxy(request_.proxy.value_or(engine_->options.proxy), out.url),
                .limits = &limits_,
                .replay = request_.replay,
                .on_sent = &request_.on_sent,
                .attempt = attempt};
            auto exchanged = co_await exchange(engine_, outgoing);
            out.fault = std::move(exchanged.fault);
            out.sent = exchanged.sent;
            if (out.fault) co_return out;
            out.response = std::move(exchanged.response);
            note_rate_limit(out.response);
            auto step = decide_redirect(out.url, method, out.response.status,
                                        out.response.headers.find("location"), hops, rules);
            if (step.verdict == RedirectVerdict::follow && with_body && step.keep_body &&
                !request_.body->rewind())
                step.verdict = RedirectVerdict::unusable;
            if (step.verdict != RedirectVerdict::follow) {
                const bool is_redirect = out.response.status >= 300 && out.response.status < 400;
                out.handed_back = step.verdict == RedirectVerdict::hand_back ||
                                  (is_redirect && request_.redirects == Redirects::none);
                if (step.verdict != RedirectVerdict::none && !out.handed_back)
                    out.bad_redirect = std::move(step);
                co_return out;
            }
            co_await out.response.drain();
            out.url = std::move(step.url);
            method = step.method;
            with_body = with_body && step.keep_body;
        }
    }

    static bool is_success(const Attempted& attempted)
    {
        return !attempted.fault && !attempted.bad_redirect && attempted.response.status >= 200 &&
               attempted.response.status < 300 && !attempted.response.stream->encoded;
    }

    /// A body that breaks off or stalls is a lost answer; what else may be wrong with it is final.
    asio::awaitable<void> read_whole(Attempted& attempted)
    {
        try {
            whole_->text = co_await attempted.response.read_all(whole_->most);
        } catch (const HubError& error) {
            if (error.code() != errc::connection_lost && error.code() != errc::timed_out) throw;
            attempted.lost_body = std::current_exception();
        }
    }

    detail::AttemptOutcome outcome_of(const Attempted& attempted) const
    {
        detail::AttemptOutcome out;
        out.sent = attempted.sent;
        if (attempted.lost_body) {
            out.fault = detail::TransportFault::transient;
            return out;
        }
        if (attempted.fault) {
            out.fault = is_transient(*attempted.fault) ? detail::TransportFault::transient
                                                       : detail::TransportFault::permanent;
            return out;
        }
        out.status = attempted.response.status;
        if (attempted.bad_redirect || !detail::is_transient_status(out.status)) return out;
        out.retry_after = retry_after(attempted.response);
        if (const auto limit = detail::parse_rate_limit(attempted.response.headers.get("ratelimit")))
            if (limit->remaining == 0 && out.status == 429) out.rate_limit = limit->reset;
        return out;
    }

    std::optional<std::chrono::milliseconds> retry_after(const Response& response) const
    {
        const auto text = response.headers.find("retry-after");
        return text ? detail::parse_retry_after(*text, engine_->clock->wall()) : std::nullopt;
    }

    void note_rate_limit(const Response& response)
    {
        const auto limit = response.headers.find("ratelimit");
        if (!limit && response.status != 429) return;
        detail::AttemptOutcome outcome;
        if (limit)
            if (const auto parsed = detail::parse_rate_limit(*limit); parsed && parsed->remaining == 0)
                outcome.rate_limit = parsed->reset;
        if (response.status == 429) outcome.retry_after = retry_after(response);
        const auto wait = detail::server_wait(outcome, engine_->options.retry.server_cap);
        if (!wait) return;
        const auto now = engine_->clock->now();
        engine_->gate.close_until(response.url.origin(), now, now + *wait);
    }

    /// The answer or the exception that a call ends with.
    asio::awaitable<Response> conclude(Attempted attempted, int attempts)
    {
        if (attempted.fault) throw_fault(*attempted.fault, request_.method, attempted.url, attempts);
        if (attempted.bad_redirect) throw_bad_redirect(attempted);
        if (attempted.lost_body) std::rethrow_exception(attempted.lost_body);
        auto& response = attempted.response;
        const bool success = response.status >= 200 && response.status < 300;
        if (success && response.stream->encoded)
            throw_fault({.code = errc::bad_response,
                         .phase = Phase::body,
                         .cause = {},
                         .detail = "the body is compressed, though identity was asked for"},
                        response.method, response.url, attempts);
        if (success || statuses_ == Statuses::any || attempted.handed_back) co_return std::move(response);
        co_await throw_for_response(response, scope_);
        co_return std::move(response); // never: it throws
    }

    [[noreturn]] void throw_bad_redirect(const Attempted& attempted) const
    {
        const auto& step = *attempted.bad_redirect;
        ErrorContext context;
        context.method = to_string(request_.method);
        context.url = attempted.url.redacted();
        context.status = attempted.response.status;
        context.request_id = attempted.response.request_id;
        const auto start = context.method + " " + request_.url.redacted() + ": ";
        switch (step.verdict) {
        case RedirectVerdict::too_many:
            throw TooManyRedirects(errc::bad_redirect,
                                   start + fmt::format("more than {} redirects", most_redirects),
                                   std::move(context));
        case RedirectVerdict::insecure:
            throw HubError(errc::bad_redirect,
                           start + "the redirect from https to " + step.url.redacted() +
                               " is refused, for it would send the request in clear; set "
                               "HubOptions::allow_insecure_redirects to follow it",
                           std::move(context));
        default:
            throw HubError(errc::bad_redirect,
                           start + "the redirect cannot be followed: " +
                               (step.url.host.empty() ? std::string("its Location is no http or https URL")
                                                      : std::string("the body cannot be sent a second time")),
                           std::move(context));
        }
    }

    std::shared_ptr<Engine> engine_;
    Request request_;
    ErrorScope scope_;
    Statuses statuses_;
    WholeBody* whole_;
    Limits limits_;
    SteadyTime clock_end_ = SteadyTime::max();
    std::string own_origin_, authorization_, trace_id_;
};

} // namespace

asio::awaitable<Response> send_call(std::shared_ptr<Engine> engine, Request request, ErrorScope scope,
                                    Statuses statuses, WholeBody* whole)
{
    const auto method = request.method;
    const auto url = request.url;
    // It would wait for ever for a context that nobody may be running.
    const auto here = co_await asio::this_coro::executor;
    if (&asio::query(here, asio::execution::context) !=
        &asio::query(engine->executor, asio::execution::context))
        throw ValueError(
            "the call runs on another io_context than its Hub: await it on the Hub's executor, or "
            "make the Hub with this one's");
    std::optional<boost::system::error_code> aborted;
    try {
        Send send(std::move(engine), std::move(request), std::move(scope), statuses, whole);
        co_return co_await send.run();
    } catch (const boost::system::system_error& error) {
        // A cancelled coroutine gets operation_aborted from its next co_await, whatever it waits for.
        if (dynamic_cast<const Error*>(&error) || error.code() != asio::error::operation_aborted) throw;
        aborted = error.code();
    }
    throw_fault(fault_of(*aborted, false, Phase::first_byte), method, url);
}

} // namespace hfasync::http
