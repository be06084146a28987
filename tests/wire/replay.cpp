#include "wire/replay.hpp"

#include <boost/json/serialize.hpp>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include <hfasync/cancel.hpp>
#include <hfasync/hub.hpp>

#include "cli/method_table.hpp"
#include "wire/scripted_server.hpp"

namespace wire {

namespace fs = std::filesystem;
namespace cli = hfasync::cli;

namespace {

constexpr std::chrono::seconds longest_call{30};

// A folder of its own for one call, which is the working folder while it lives.
class Workplace {
public:
    Workplace() : before_(fs::current_path())
    {
        auto name = (fs::temp_directory_path() / "hfasync-wire-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
        root_ = name;
        fs::create_directories(cwd());
        fs::create_directories(home());
        fs::current_path(cwd());
    }
    ~Workplace()
    {
        fs::current_path(before_);
        std::error_code ignored;
        fs::remove_all(root_, ignored);
    }
    Workplace(const Workplace&) = delete;
    const fs::path& root() const { return root_; }
    fs::path cwd() const { return root_ / "cwd"; }
    fs::path home() const { return root_ / "hf-home"; }

private:
    fs::path before_;
    fs::path root_;
};

std::map<std::string, std::string> environment(const Cassette& cassette, const ScriptedServer& server,
                                               const Workplace& place)
{
    std::map<std::string, std::string> out{
        {"HF_ENDPOINT", server.endpoint()}, {"HF_HOME", place.home()}, {"HF_HUB_DISABLE_PROGRESS_BARS", "1"},
        {"HF_HUB_DISABLE_TELEMETRY", "1"},  {"NO_PROXY", "*"},         {"HOME", place.home()}};
    const auto* token = cassette.content.if_contains("token");
    if (!token)
        out["HF_TOKEN"] = "hf_testtoken";
    else if (token->is_string())
        out["HF_TOKEN"] = std::string(token->get_string());
    if (const auto* no_retry = cassette.content.if_contains("no_retry"); no_retry && no_retry->as_bool())
        out["HFASYNC_MAX_RETRIES"] = "0";
    for (const auto& [name, value] : cassette.object("env"))
        out[name] = fill(std::string(value.as_string()), server.placeholders());
    return out;
}

struct Outcome {
    json::value result;
    json::object error; ///< {"type", "status", ...}; empty on success
};

Outcome call(const Cassette& cassette, const Placeholders& placeholders, hfasync::HubOptions options)
{
    try {
        cli::ApiCall call;
        call.args = fill(cassette.object("args"), placeholders).as_object();
        call.then = fill(cassette.object("then"), placeholders).as_object();
        call.client = fill(cassette.object("client"), placeholders).as_object();
        hfasync::Hub hub(cli::with_client(std::move(options), call.client));
        auto running = cli::run_call(hub, cassette.method(), std::move(call));
        return {hub.block_on(hfasync::with_deadline(std::move(running), longest_call)), {}};
    } catch (...) {
        return {nullptr, cli::describe_current_exception().at("error").as_object()};
    }
}

void check_requests(Problems& problems, const Cassette& cassette, const ScriptedServer& server,
                    const Placeholders& placeholders)
{
    const auto ignore = cassette.list("ignore");
    const auto method = cassette.method();
    const bool downloads = method == "snapshot_download" || method == "hf_hub_download";
    std::vector<json::object> want, got;
    const auto recorded = fill(cassette.list("requests"), placeholders);
    for (const auto& request : recorded.as_array())
        want.push_back(normal_request(request.as_object(), ignore));
    for (const auto& request : server.seen()) {
        if (request.at("origin") == "storage" && request.at("headers").as_object().contains("authorization"))
            problems.push_back("the token was sent to the storage host: " +
                               std::string(request.at("path").as_string()));
        // A download may try a shorter way that this recording does not have.
        if (downloads && request.contains("unexpected")) continue;
        got.push_back(normal_request(request, ignore));
    }
    if (!cassette.compares("requests")) return;
    const auto found = compare_requests(std::move(want), std::move(got), cassette.has("unordered"));
    problems.insert(problems.end(), found.begin(), found.end());
}

void check_outcome(Problems& problems, const Cassette& cassette, const Outcome& outcome,
                   const Placeholders& placeholders)
{
    if (cassette.has("error")) {
        const auto& want = cassette.content.at("error").as_object();
        if (outcome.error.empty()) problems.push_back("no error, want " + json::serialize(want.at("type")));
        for (const auto key : {"type", "status"}) {
            const auto* expected = want.if_contains(key);
            const auto* got = outcome.error.if_contains(key);
            if (expected && !expected->is_null() && !outcome.error.empty() && (!got || *got != *expected))
                problems.push_back("error." + std::string(key) + ": " + json::serialize(outcome.error) +
                                   ", want " + json::serialize(*expected));
        }
        return;
    }
    if (!outcome.error.empty()) {
        problems.push_back("error: " + json::serialize(outcome.error));
    } else if (cassette.compares("result")) {
        const auto want = fill(cassette.content.at("result"), placeholders);
        const auto found = differences(without_nulls(want), without_nulls(outcome.result), "result");
        problems.insert(problems.end(), found.begin(), found.end());
    }
}

// Lock files and cached listings are each client's own affair.
json::object compared_files(const json::object& tree)
{
    json::object out;
    for (const auto& [name, content] : tree)
        if (name.find("/.locks/") == json::string::npos && name.find("/trees/") == json::string::npos)
            out.emplace(name, content);
    return out;
}

} // namespace

Problems replay(const Cassette& cassette)
{
    ScriptedServer server(cassette.list("routes"));
    Workplace place;
    write_files(place.cwd(), cassette.object("files"));
    write_files(place.home(), cassette.object("hf_home"));
    auto placeholders = server.placeholders();
    placeholders["{{hf_home}}"] = place.home();
    placeholders["{{cwd}}"] = place.cwd();

    const auto outcome =
        call(cassette, placeholders, hfasync::HubOptions::from_env(environment(cassette, server, place)));

    Problems problems;
    check_requests(problems, cassette, server, placeholders);
    check_outcome(problems, cassette, outcome, placeholders);
    const auto disk =
        fill(cassette.compares("disk") ? cassette.object("disk") : json::object(), placeholders);
    for (const auto& [kind, want] : disk.as_object()) {
        const auto got = read_tree(place.root() / std::string(kind));
        const auto found =
            differences(compared_files(want.as_object()), compared_files(got), "disk " + std::string(kind));
        problems.insert(problems.end(), found.begin(), found.end());
    }
    return problems;
}

} // namespace wire
