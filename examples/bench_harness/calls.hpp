// The calls that can be driven, by name.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hfasync/hub.hpp>

namespace bench_harness {

/// What the calls are made with.
struct CallArguments {
    std::string repo_id;
    std::string filename;
    std::optional<std::string> repo_type;
    std::optional<std::string> revision;
    std::uint64_t limit = 100; ///< most items of list_models and its like
};

/// Makes one call; gives the number of items or bytes that it brought.
using Call = std::function<boost::asio::awaitable<std::uint64_t>()>;

struct NamedCall {
    std::string_view name; ///< the method's
    std::string_view help;
    std::string_view unit; ///< of what a call gives
    bool needs_repo = true;
    bool needs_file = false;
    boost::asio::awaitable<std::uint64_t> (*make)(hfasync::Hub hub, CallArguments arguments) = nullptr;
};

std::span<const NamedCall> call_table();
/// \throws hfasync::ValueError for a name that is not in the table, and for arguments that are missing
const NamedCall& find_call(std::string_view name, const CallArguments& arguments);

} // namespace bench_harness
