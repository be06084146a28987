// The methods of HfApi by name, called with JSON.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <hfasync/hf_api.hpp>
#include <hfasync/hub.hpp>

namespace hfasync::detail {
struct FlagSpec; ///< describe/flags.hpp
}

namespace hfasync::cli {

struct MethodDescription; ///< cli/method_description.hpp

struct Returned;
/// Takes the arguments under their documented names.
using Callable = std::function<boost::asio::awaitable<Returned>(boost::json::object)>;

/// What a call gave: under its documented names, and the methods that the object has itself, by name.
struct Returned {
    boost::json::value value{};
    std::map<std::string_view, Callable> methods{};
};

/// One method: its documented name, and the call.
struct Method {
    std::string_view name;
    std::function<boost::asio::awaitable<Returned>(HfApi, boost::json::object)> call;
    std::function<MethodDescription()> describe{};
    /// Its parameters as flags of a command line: what stands before the options, then those.
    std::function<std::vector<detail::FlagSpec>()> flags{};
};

/// All methods, by name.
const std::map<std::string_view, Method>& methods();
/// \throws ValueError for an unknown name
const Method& method_named(std::string_view name);

/// What `hfasync api` reads: `args` of the method, `client` of HfApi, `then` for a call on the result:
/// {"method", "args"?, "then"?}.
struct ApiCall {
    boost::json::object args;
    boost::json::object client;
    boost::json::object then;
};
/// \throws ValueError
ApiCall parse_call(std::string_view text);

/// The arguments of HfApi(...) over what the environment says.
/// \throws ValueError for unknown ones
HubOptions with_client(HubOptions options, const boost::json::object& client);

/// Makes the call to its end.
boost::asio::awaitable<boost::json::value> run_call(const Hub& hub, std::string method, ApiCall call);

/// `run_as_future` has a call for its argument, {"method", "args"?}: makes it in the background and waits for
/// it.
/// \throws ValueError, and what the call throws
boost::json::value run_in_background(const Hub& hub, const boost::json::object& args);

/// {"error": {"type", "detail"?, "status", "message"}} for the exception in flight.
boost::json::object describe_current_exception();

using MethodList = std::vector<Method>;
void add_models_methods(MethodList& list);
void add_datasets_methods(MethodList& list);
void add_spaces_methods(MethodList& list);
void add_repos_methods(MethodList& list);
void add_files_methods(MethodList& list);
void add_refs_methods(MethodList& list);
void add_downloads_methods(MethodList& list);
void add_commits_methods(MethodList& list);
void add_papers_methods(MethodList& list);
void add_users_methods(MethodList& list);
void add_safetensors_methods(MethodList& list);
void add_discussions_methods(MethodList& list);
void add_endpoints_methods(MethodList& list);
void add_collections_methods(MethodList& list);
void add_access_methods(MethodList& list);
void add_webhooks_methods(MethodList& list);

} // namespace hfasync::cli
