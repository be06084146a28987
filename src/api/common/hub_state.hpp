// What a Hub handle shares: options, connections, workers, budgets, clock.
#pragma once

#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>

#include <hfasync/hub.hpp>

#include "async/byte_budget.hpp"
#include "async/worker_pool.hpp"
#include "http/client.hpp"

namespace hfasync {

struct Hub::State {
    State(boost::asio::any_io_executor executor, HubOptions options,
          std::unique_ptr<boost::asio::io_context> own);

    std::unique_ptr<boost::asio::io_context> own_context; ///< first: everything below may run on it
    boost::asio::any_io_executor executor;
    HubOptions options;
    std::shared_ptr<Clock> clock;
    detail::WorkerPool workers;
    detail::Budget memory;
    detail::Budget open_files;
    http::Client client;
};

} // namespace hfasync
