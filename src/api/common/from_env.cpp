// HubOptions::from_env: the one place that reads the environment. Variables as huggingface_hub reads them.
#include <hfasync/hub.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/encoding.hpp"
#include "cache/token_file.hpp"
#include "http/proxy.hpp"
#include "http/url.hpp"

extern char** environ; // NOLINT: POSIX

namespace hfasync {

namespace {

namespace fs = std::filesystem;
using Environment = std::map<std::string, std::string>;

class Reader {
public:
    explicit Reader(const Environment& environment) : environment_(environment) {}

    const std::string* find(const std::string& name) const
    {
        const auto it = environment_.find(name);
        return it == environment_.end() ? nullptr : &it->second;
    }
    /// The first that is set; set but empty counts, as in the reference.
    const std::string* first(std::initializer_list<const char*> names) const
    {
        for (const char* name : names)
            if (const auto* value = find(name)) return value;
        return nullptr;
    }
    /// The first with a text.
    std::optional<std::string> text(std::initializer_list<const char*> names) const
    {
        for (const char* name : names)
            if (const auto* value = find(name); value && !value->empty()) return *value;
        return std::nullopt;
    }
    /// 1, ON, YES, TRUE in any case.
    bool flag(const std::string& name) const
    {
        const auto* value = find(name);
        if (!value) return false;
        std::string upper = *value;
        std::ranges::transform(upper, upper.begin(),
                               [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
        return upper == "1" || upper == "ON" || upper == "YES" || upper == "TRUE";
    }
    std::optional<double> seconds(const std::string& name) const
    {
        const auto* value = find(name);
        if (!value || value->empty()) return std::nullopt;
        double number = 0;
        const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
        if (error != std::errc{} || end != value->data() + value->size() || !std::isfinite(number) ||
            number < 0 || number > 1e9)
            throw ValueError(fmt::format("The environment variable {} is {}; it must be a number of seconds.",
                                         name, detail::printable(*value)));
        return number;
    }

private:
    const Environment& environment_;
};

fs::path expand_user(const std::string& text, const fs::path& home)
{
    if (text == "~") return home;
    if (text.starts_with("~/")) return home / text.substr(2);
    return text;
}

/// HF_HOME > XDG_CACHE_HOME/huggingface > ~/.cache/huggingface; only HF_HOME has '~' expanded.
CachePaths read_paths(const Reader& env)
{
    const auto* home_text = env.find("HOME");
    const fs::path home = home_text ? fs::path(*home_text) : fs::path("/");
    CachePaths paths;
    if (const auto* hf_home = env.find("HF_HOME"))
        paths.home = expand_user(*hf_home, home);
    else if (const auto* xdg = env.find("XDG_CACHE_HOME"))
        paths.home = expand_user((fs::path(*xdg) / "huggingface").string(), home);
    else
        paths.home = home / ".cache" / "huggingface";
    const auto pick = [&](std::initializer_list<const char*> names, const char* below) {
        const auto* value = env.first(names);
        return value ? fs::path(*value) : paths.home / below;
    };
    paths.hub_cache = pick({"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}, "hub");
    paths.assets_cache = pick({"HF_ASSETS_CACHE", "HUGGINGFACE_ASSETS_CACHE"}, "assets");
    paths.token_path = pick({"HF_TOKEN_PATH"}, "token");
    return paths;
}

std::optional<std::string> read_token(const Reader& env, const fs::path& token_file)
{
    if (const auto text = env.text({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}))
        if (auto token = detail::clean_token(*text)) return token;
    return detail::read_token_file(token_file);
}

/// requests reads the lower-case name first and lets a scheme be left out.
std::optional<std::string> read_proxy(const Reader& env, const char* lower, const char* upper)
{
    auto text = env.text({lower, upper, "all_proxy", "ALL_PROXY"});
    if (!text) return std::nullopt;
    if (text->find("://") == std::string::npos) text->insert(0, "http://");
    try {
        (void)http::Url::parse(*text);
    } catch (const ValueError&) {
        throw ValueError(
            fmt::format("The environment variable {} is not a proxy URL; write http://host:port.", upper));
    }
    return text;
}

ProxyOptions read_proxies(const Reader& env)
{
    ProxyOptions proxy;
    // HTTP_PROXY can be set by a request header in CGI programs (httpoxy); Python ignores it there too.
    const bool cgi = env.find("REQUEST_METHOD") != nullptr;
    proxy.http = read_proxy(env, "http_proxy", cgi ? "http_proxy" : "HTTP_PROXY");
    proxy.https = read_proxy(env, "https_proxy", "HTTPS_PROXY");
    proxy.no_proxy = http::split_hosts(env.text({"no_proxy", "NO_PROXY"}).value_or(""));
    return proxy;
}

TlsOptions read_tls(const Reader& env)
{
    TlsOptions tls;
    if (const auto file = env.text({"SSL_CERT_FILE"})) tls.ca_file = *file;
    if (const auto folder = env.text({"SSL_CERT_DIR"})) tls.ca_dir = *folder;
    // What requests reads, a file or a folder; it goes first because the reference knows no other.
    if (const auto bundle = env.text({"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})) {
        std::error_code ignored;
        tls = {};
        (fs::is_directory(*bundle, ignored) ? tls.ca_dir : tls.ca_file) = *bundle;
    }
    return tls;
}

std::optional<int> read_retries(const Reader& env)
{
    const auto text = env.text({"HFASYNC_MAX_RETRIES"});
    if (!text) return std::nullopt;
    int number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc{} || end != text->data() + text->size() || number < 0 || number > 1000)
        throw ValueError(fmt::format(
            "The environment variable HFASYNC_MAX_RETRIES is {}; it must be a number from 0 to 1000.",
            detail::printable(*text)));
    return number;
}

std::string read_url(const Reader& env, const char* name, std::string fallback)
{
    auto text = env.text({name}).value_or(std::move(fallback));
    while (text.ends_with('/'))
        text.pop_back();
    try {
        (void)http::Url::parse(text);
    } catch (const ValueError& error) {
        throw ValueError(fmt::format("The environment variable {} is not a URL: {}", name, error.message()));
    }
    return text;
}

Environment process_environment()
{
    Environment all;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view line(*entry);
        const auto equals = line.find('=');
        if (equals != std::string_view::npos) all.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
    return all;
}

} // namespace

CachePaths CachePaths::defaults()
{
    Environment only_home;
    if (const char* home = std::getenv("HOME")) only_home.emplace("HOME", home);
    return read_paths(Reader(only_home));
}

HubOptions HubOptions::from_env()
{
    return from_env(process_environment());
}

HubOptions HubOptions::from_env(const std::map<std::string, std::string>& environment)
{
    const Reader env(environment);
    HubOptions options;
    options.endpoint = read_url(env, "HF_ENDPOINT", options.endpoint);
    options.inference_endpoints_url =
        read_url(env, "HF_INFERENCE_ENDPOINTS_ENDPOINT", options.inference_endpoints_url);
    options.cache = read_paths(env);
    options.ambient_token = read_token(env, options.cache.token_path);
    options.disable_implicit_token = env.flag("HF_HUB_DISABLE_IMPLICIT_TOKEN");
    options.offline = env.flag("HF_HUB_OFFLINE") || env.flag("TRANSFORMERS_OFFLINE");
    options.disable_telemetry =
        env.flag("HF_HUB_DISABLE_TELEMETRY") || env.flag("DISABLE_TELEMETRY") || env.flag("DO_NOT_TRACK");
    options.disable_progress_bars = env.flag("HF_HUB_DISABLE_PROGRESS_BARS");
    if (const auto seconds = env.seconds("HF_HUB_ETAG_TIMEOUT"))
        options.etag_timeout = std::chrono::duration<double>(*seconds);
    if (const auto seconds = env.seconds("HF_HUB_DOWNLOAD_TIMEOUT")) {
        // Of one socket operation, the wait for the head among them.
        options.timeouts.idle = std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
        options.timeouts.first_byte = std::max(options.timeouts.first_byte, options.timeouts.idle);
    }
    if (const auto retries = read_retries(env)) options.retry.max_retries = *retries;
    options.proxy = read_proxies(env);
    options.tls = read_tls(env);
    return options;
}

} // namespace hfasync
