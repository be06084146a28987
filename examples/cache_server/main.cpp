#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string>

#include "server.hpp"

namespace {

int serve(const cache_server::Options& options)
{
    boost::asio::io_context context(1);
    cache_server::Server server(context, options);
    boost::asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code failed, int) {
        if (failed) return;
        server.stop();
        signals.async_wait([&](boost::system::error_code again, int) {
            if (!again) context.stop(); // somebody is in a hurry
        });
    });
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"endpoint", server.endpoint()},
                                                                  {"upstream", options.upstream.endpoint},
                                                                  {"folder", options.folder.string()}}));
    std::fflush(stdout);
    server.when_stopped([&signals] { signals.cancel(); });
    context.run();
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    cache_server::Options options;
    std::string upstream;
    const auto seconds = [](std::chrono::seconds& into) {
        return [&into](std::int64_t value) { into = std::chrono::seconds(value); };
    };
    CLI::App app{
        "hfasync-cache: a pull-through mirror of a Hugging Face Hub. Clients use it by HF_ENDPOINT."};
    app.add_option("--folder", options.folder, "Where the files are kept")->required();
    app.add_option("--upstream", upstream,
                   "The Hub behind it (default: HF_ENDPOINT, else https://huggingface.co)");
    app.add_option("--address", options.address, "Address to listen on")->capture_default_str();
    app.add_option("--port", options.port, "Port to listen on; 0: any free one")->capture_default_str();
    app.add_option(
        "--public-url", options.public_url,
        "How clients reach this server, if not by the Host that they name (https://mirror.example)");
    app.add_option("--max-size", options.max_bytes, "Most bytes on the disk (10GB, 500MB ...); default 50GB")
        ->transform(CLI::AsSizeValue(true));
    app.add_option(
           "--background-transfers", options.background_transfers,
           "Large files that are fetched whole at a time because clients ask for their parts; 0: none")
        ->capture_default_str();
    app.add_option_function<std::int64_t>("--branch-ttl", seconds(options.branch_ttl),
                                          "Seconds until a branch is asked for again")
        ->check(CLI::NonNegativeNumber)
        ->default_str(std::to_string(options.branch_ttl.count()));
    app.add_option_function<std::int64_t>("--access-ttl", seconds(options.access_ttl),
                                          "Seconds that the upstream's yes to a token counts")
        ->check(CLI::NonNegativeNumber)
        ->default_str(std::to_string(options.access_ttl.count()));
    app.add_option_function<std::int64_t>("--public-ttl", seconds(options.public_ttl),
                                          "Seconds that a public repo is taken to be public")
        ->check(CLI::NonNegativeNumber)
        ->default_str(std::to_string(options.public_ttl.count()));
    app.add_option_function<std::int64_t>("--grace", seconds(options.grace),
                                          "Seconds that answers under way have left after SIGTERM")
        ->check(CLI::NonNegativeNumber)
        ->default_str(std::to_string(options.grace.count()));
    app.add_option("--max-connections", options.max_connections, "Clients at once")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        options.upstream = hfasync::HubOptions::from_env();
        if (!upstream.empty()) options.upstream.endpoint = upstream;
        return serve(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "hfasync-cache: {}\n", error.what());
        return 1;
    }
}
