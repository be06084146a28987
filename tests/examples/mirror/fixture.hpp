// The mirror service in this process, beside embedded Hubs, and what a visitor sees of it.
#pragma once

#include <boost/asio.hpp>
#include <boost/json.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hfasync.hpp>

#include "service.hpp"
#include "support/sanitized.hpp"
#include "support/temp_folder.hpp"

namespace hfasync::tests {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr std::chrono::seconds long_enough{60};
/// What a signal may take; instrumented code is slower.
constexpr std::chrono::seconds soon{test::sanitized ? 5 : 1};

/// Asks again and again, for a minute at most.
inline bool eventually(const std::function<bool()>& holds)
{
    const auto end = std::chrono::steady_clock::now() + long_enough;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

inline std::string content_of(const fs::path& file)
{
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Files below a folder with their contents; what begins with a dot is left out.
inline std::map<std::string, std::string> tree_of(const fs::path& folder)
{
    std::map<std::string, std::string> out;
    const auto root = fs::canonical(folder);
    for (auto entry = fs::recursive_directory_iterator(root); entry != fs::recursive_directory_iterator();
         ++entry) {
        const auto name = entry->path().filename().string();
        if (entry->is_directory() && name == ".cache") entry.disable_recursion_pending();
        if (entry->is_regular_file())
            out[fs::relative(entry->path(), root).string()] = content_of(entry->path());
    }
    return out;
}

using Contents = std::vector<std::pair<std::string, std::string>>;
inline std::map<std::string, std::string> as_map(const Contents& files)
{
    return {files.begin(), files.end()};
}

/// Waits for one call on a context of its own.
template <class T>
T wait_for(asio::io_context& context, asio::awaitable<T> call)
{
    auto result = asio::co_spawn(context, std::move(call), asio::use_future);
    const auto end = std::chrono::steady_clock::now() + long_enough;
    context.restart();
    while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready) // an idle connection stays
        if (context.run_one_until(end) == 0) throw std::runtime_error("a call takes too long");
    return result.get();
}

inline std::optional<std::string> no_environment(const std::string&)
{
    return std::nullopt;
}

/// A service on a thread of its own, until the end of this object.
class Running {
public:
    explicit Running(mirror::Config config)
        : service_(context_, std::move(config),
                   {.on_listen = [this](std::uint16_t port) { port_.set_value(port); }})
    {
        asio::co_spawn(context_, service_.run(),
                       asio::bind_cancellation_slot(
                           stop_.slot(), [this](const std::exception_ptr& failed) { failure_ = failed; }));
        thread_ = std::thread([this] { context_.run(); });
    }
    ~Running() { stop(); }
    std::uint16_t port()
    {
        if (!known_port_) known_port_ = port_.get_future().get();
        return *known_port_;
    }
    /// How long it took. What it ended with is rethrown, but for a cancel.
    std::chrono::steady_clock::duration stop()
    {
        const auto start = std::chrono::steady_clock::now();
        if (!thread_.joinable()) return {};
        asio::post(context_, [this] { stop_.emit(asio::cancellation_type::terminal); });
        thread_.join();
        return std::chrono::steady_clock::now() - start;
    }
    bool has_failed() const { return failure_ && !mirror::is_cancel(failure_); }

private:
    asio::io_context context_{1};
    std::promise<std::uint16_t> port_;
    std::optional<std::uint16_t> known_port_;
    mirror::Service service_;
    asio::cancellation_signal stop_;
    std::exception_ptr failure_;
    std::thread thread_;
};

struct Answer {
    int status = 0;
    std::string head, body;
};

/// One request on a connection of its own; reads until the server closes or `enough` says so.
inline Answer ask(std::uint16_t port, const std::string& method, const std::string& target,
                  const std::string& headers = {}, const std::string& body = {},
                  const std::function<bool(const std::string&)>& enough = {})
{
    asio::io_context context;
    asio::ip::tcp::socket socket(context);
    socket.connect({asio::ip::address_v4::loopback(), port});
    const auto request =
        fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{}Content-Length: "
                    "{}\r\n\r\n{}",
                    method, target, headers, body.size(), body);
    boost::system::error_code failed;
    asio::write(socket, asio::buffer(request), failed);
    std::string text;
    std::array<char, 4096> some{};
    while (!failed && !(enough && enough(text)))
        text.append(some.data(), socket.read_some(asio::buffer(some), failed));
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos) return {};
    return {
        .status = std::stoi(text.substr(9, 3)), .head = text.substr(0, end), .body = text.substr(end + 4)};
}

/// A source Hub and a folder for everything else.
struct MirrorFixture {
    explicit MirrorFixture(emulator::Options options = {}) : hub(std::move(options)) {}

    mirror::Config config(const std::string& repos, const std::string& more = {},
                          const std::string& target = {})
    {
        const auto text = fmt::format("source: {{endpoint: '{}', token_env: TOKEN}}\ntarget: {}\n"
                                      "list: {{sqlite: list.db}}\nrepos: {}\n{}",
                                      hub.endpoint(), target.empty() ? "{folder: out}" : target, repos, more);
        return mirror::parse_config(text, dir.path() / "mirror.yaml", [this](const std::string& name) {
            return name == "TOKEN"    ? std::optional(hub.token())
                   : name == "SECRET" ? std::optional<std::string>("s3cret")
                                      : std::nullopt;
        });
    }

    /// One round, and until all is done.
    mirror::Counts once(mirror::Config config, std::string* page = nullptr)
    {
        asio::io_context context(1);
        mirror::Service service(context, std::move(config), {.once = true});
        auto done = asio::co_spawn(context, service.run(), asio::use_future);
        context.run_for(long_enough);
        if (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
            throw std::runtime_error("the service does not end");
        done.get();
        if (page) *page = service.status().json();
        return service.status().counts();
    }

    /// GETs of files' contents since the last forget_requests(), by target.
    std::map<std::string, int> transfers() const
    {
        std::map<std::string, int> out;
        for (const auto& request : hub.requests())
            if (request.method == "GET" && request.target.find("/resolve/") != std::string::npos &&
                request.status < 400)
                ++out[request.target];
        return out;
    }

    std::string commit(const std::string& repo, const std::string& path, const std::string& text,
                       const std::string& branch = "main")
    {
        Hub client({.endpoint = hub.endpoint(), .token = hub.token()});
        return client
            .block_on(HfApi(client).upload_file(UploadSource::bytes(text), path, repo, {.revision = branch}))
            .oid;
    }

    fs::path out() const { return dir.path() / "out"; }

    TempFolder dir;
    emulator::Emulator hub;
};

} // namespace hfasync::tests
