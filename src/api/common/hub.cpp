#include <hfasync/hub.hpp>

#include <boost/asio/strand.hpp>

#include <chrono>

#include "api/common/hub_state.hpp"

namespace hfasync {

namespace asio = boost::asio;

namespace {

/// The io_context under an executor; null for other contexts.
asio::io_context* io_context_of(const asio::any_io_executor& executor)
{
    using Io = asio::io_context::executor_type;
    if (const auto* plain = executor.target<Io>()) return &plain->context();
    if (const auto* strand = executor.target<asio::strand<Io>>())
        return &strand->get_inner_executor().context();
    if (const auto* strand = executor.target<asio::strand<asio::any_io_executor>>())
        return io_context_of(strand->get_inner_executor());
    return nullptr;
}

} // namespace

Hub::Hub(asio::any_io_executor executor, HubOptions options)
{
    if (!executor) throw ValueError("The Hub was given an empty executor.");
    state_ = std::make_shared<State>(std::move(executor), std::move(options), nullptr);
}

Hub::Hub(asio::io_context& context, HubOptions options)
    : state_(std::make_shared<State>(context.get_executor(), std::move(options), nullptr))
{
}

Hub::Hub(HubOptions options)
    : state_(std::make_shared<State>(asio::any_io_executor{}, std::move(options),
                                     std::make_unique<asio::io_context>()))
{
}

const HubOptions& Hub::options() const noexcept
{
    return state_->options;
}

asio::any_io_executor Hub::executor() const
{
    return state_->executor;
}

void Hub::close()
{
    state_->client.close();
}

void Hub::run_until(const std::function<bool()>& done) const
{
    auto* context = io_context_of(state_->executor);
    if (!context)
        throw ValueError(
            "block_on needs a Hub whose executor belongs to an io_context; await the call instead.");
    if (context->get_executor().running_in_this_thread())
        throw ValueError("block_on was called from a handler of its own io_context, where it would never "
                         "return; await the call instead.");
    // In slices: another thread that runs the same context may be the one that finishes the call.
    constexpr auto slice = std::chrono::milliseconds(20);
    while (!done()) {
        if (context->stopped()) context->restart();
        context->run_one_for(slice);
    }
}

} // namespace hfasync
