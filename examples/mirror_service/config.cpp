#include "config.hpp"

#include <yaml-cpp/yaml.h>

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include <hfasync/error.hpp>
#include <hfasync/revision.hpp>

namespace mirror {

namespace fs = std::filesystem;
using hfasync::ValueError;

namespace {

struct Place {
    std::string file;
    [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& why) const
    {
        throw ValueError(mark.is_null() ? fmt::format("{}: {}", file, why)
                                        : fmt::format("{}:{}: {}", file, mark.line + 1, why));
    }
};

/// A map whose keys are all known: a typing mistake must not turn into a default.
class Section {
public:
    Section(const Place& place, std::string name, YAML::Node node, std::set<std::string> known)
        : place_(place), name_(std::move(name)), node_(std::move(node))
    {
        if (!node_.IsMap()) refuse(node_, fmt::format("'{}' must be a map of settings", name_));
        for (const auto& entry : node_) {
            const auto key = entry.first.as<std::string>("");
            if (!known.contains(key))
                refuse(entry.first, fmt::format("'{}' has no setting '{}'", name_, key));
        }
    }

    bool has(const std::string& key) const { return node_[key].IsDefined(); }
    const YAML::Node& node() const { return node_; }
    YAML::Node at(const std::string& key) const
    {
        if (!has(key)) refuse(node_, fmt::format("'{}' needs the setting '{}'", name_, key));
        return node_[key];
    }
    std::string text(const std::string& key) const
    {
        const auto value = at(key);
        if (!value.IsScalar() || value.Scalar().empty())
            refuse(value, fmt::format("'{}' must be a text", key));
        return value.Scalar();
    }
    std::string text(const std::string& key, const std::string& otherwise) const
    {
        return has(key) ? text(key) : otherwise;
    }
    template <class Number>
    Number number(const std::string& key, Number otherwise, Number least, Number most) const
    {
        if (!has(key)) return otherwise;
        const auto value = text(key);
        Number out{};
        const auto read = std::from_chars(value.data(), value.data() + value.size(), out);
        if (read.ec != std::errc() || read.ptr != value.data() + value.size() || out < least || out > most)
            refuse(node_[key], fmt::format("'{}' must be a number from {} to {}", key, least, most));
        return out;
    }
    bool yes(const std::string& key) const
    {
        if (!has(key)) return false;
        bool out = false;
        if (!YAML::convert<bool>::decode(node_[key], out))
            refuse(node_[key], fmt::format("'{}' must be true or false", key));
        return out;
    }
    std::vector<std::string> texts(const std::string& key) const
    {
        std::vector<std::string> out;
        if (!has(key)) return out;
        if (node_[key].IsScalar()) return {text(key)};
        for (const auto& item : at(key)) {
            if (!item.IsScalar()) refuse(item, fmt::format("'{}' must be a list of texts", key));
            out.push_back(item.Scalar());
        }
        return out;
    }
    std::chrono::milliseconds duration(const std::string& key, std::chrono::milliseconds otherwise,
                                       std::chrono::milliseconds least) const;
    std::optional<std::string> secret(const std::string& key, const Environment& environment) const
    {
        if (!has(key)) return std::nullopt;
        const auto variable = text(key);
        auto value = environment(variable);
        if (!value || value->empty())
            refuse(node_[key], fmt::format("the environment variable {} ('{}') is not set", variable, key));
        return value;
    }
    [[noreturn]] void refuse(const YAML::Node& node, const std::string& why) const
    {
        place_.refuse(node.Mark(), why);
    }

private:
    const Place& place_;
    std::string name_;
    YAML::Node node_;
};

std::chrono::milliseconds Section::duration(const std::string& key, std::chrono::milliseconds otherwise,
                                            std::chrono::milliseconds least) const
{
    if (!has(key)) return otherwise;
    const auto value = text(key);
    std::int64_t count = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), count);
    const std::string_view unit(read.ptr, value.data() + value.size());
    const std::int64_t factor = unit == "ms"  ? 1
                                : unit == "s" ? 1'000
                                : unit == "m" ? 60'000
                                : unit == "h" ? 3'600'000
                                              : 0;
    constexpr std::int64_t most = 366LL * 24 * 3'600'000;
    if (read.ec != std::errc() || factor == 0 || count < 0 || count > most / factor ||
        std::chrono::milliseconds(count * factor) < least)
        refuse(node_[key], fmt::format("'{}' must be a time such as 500ms, 30s, 15m or 1h, at least {} ms",
                                       key, least.count()));
    return std::chrono::milliseconds(count * factor);
}

HubConfig read_hub(const Section& section, const Environment& environment)
{
    HubConfig out{.endpoint = section.text("endpoint"), .token = section.secret("token_env", environment)};
    if (!out.endpoint.starts_with("http://") && !out.endpoint.starts_with("https://"))
        section.refuse(section.at("endpoint"), "'endpoint' must begin with https:// or http://");
    while (out.endpoint.ends_with('/'))
        out.endpoint.pop_back();
    return out;
}

RepoRule read_rule(const Place& place, const YAML::Node& node)
{
    const Section section(place, "repos", node,
                          {"model", "dataset", "space", "follow", "revision", "files", "exclude"});
    RepoRule rule;
    int types = 0;
    for (const auto type : {hfasync::RepoType::model, hfasync::RepoType::dataset, hfasync::RepoType::space}) {
        const std::string key(to_string(type));
        if (!section.has(key)) continue;
        ++types;
        rule.type = type;
        rule.pattern = section.text(key);
    }
    if (types != 1) section.refuse(node, "a repo needs one of 'model', 'dataset' and 'space'");
    if (section.has("follow") && section.has("revision"))
        section.refuse(node, "'follow' (a branch) and 'revision' exclude each other");
    rule.follows = !section.has("revision");
    rule.revision = rule.follows ? section.text("follow", "main") : section.text("revision");
    rule.files = section.texts("files");
    rule.exclude = section.texts("exclude");
    try {
        hfasync::validate_revision(rule.revision);
        if (!rule.is_pattern()) hfasync::validate_repo_id(rule.pattern);
    } catch (const ValueError& error) {
        section.refuse(node, error.message());
    }
    const auto slash = rule.pattern.find('/');
    if (rule.is_pattern() &&
        (slash == std::string::npos || slash == 0 || rule.pattern.find_first_of("*?[") < slash))
        section.refuse(node,
                       fmt::format("'{}': a pattern is OWNER/GLOB; the owner has no wildcard", rule.pattern));
    return rule;
}

RedisConfig read_redis(const Section& section, const Environment& environment)
{
    RedisConfig out{.password = section.secret("password_env", environment),
                    .name = section.text("name", "mirror")};
    const auto where = section.text("redis");
    const auto refuse = [&] {
        section.refuse(section.at("redis"),
                       "'redis' must be redis://HOST[:PORT][/DATABASE] or unix:PATH (no password here)");
    };
    if (where.starts_with("unix:")) {
        out.socket = where.substr(5);
        if (out.socket.empty()) refuse();
        return out;
    }
    std::string_view rest = where;
    if (!rest.starts_with("redis://") || rest.find('@') != std::string_view::npos) refuse();
    rest.remove_prefix(8);
    const auto number = [&](std::string_view text, auto& into) {
        const auto read = std::from_chars(text.data(), text.data() + text.size(), into);
        if (read.ec != std::errc() || read.ptr != text.data() + text.size()) refuse();
    };
    if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
        if (slash + 1 < rest.size()) number(rest.substr(slash + 1), out.database);
        rest = rest.substr(0, slash);
    }
    if (const auto colon = rest.rfind(':'); colon != std::string_view::npos) {
        number(rest.substr(colon + 1), out.port);
        rest = rest.substr(0, colon);
    }
    if (rest.empty() || out.database < 0) refuse();
    out.host = rest;
    return out;
}

HttpConfig read_http(const Section& section, const Environment& environment)
{
    HttpConfig out{.webhook_secret = section.secret("webhook_secret_env", environment)};
    const auto listen = section.text("listen");
    const auto colon = std::min(listen.rfind(':'), listen.size());
    out.address = listen.substr(0, colon);
    // Brackets, as in a URL: without them nobody could say whether "::1:80" ends with a port.
    const bool in_brackets =
        out.address.size() > 2 && out.address.front() == '[' && out.address.back() == ']';
    if (in_brackets) out.address = out.address.substr(1, out.address.size() - 2);
    boost::system::error_code no_address;
    const auto address = boost::asio::ip::make_address(out.address, no_address);
    const auto port = listen.substr(std::min(colon + 1, listen.size()));
    const auto read = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (no_address || address.is_v6() != in_brackets || read.ec != std::errc() ||
        read.ptr != port.data() + port.size())
        section.refuse(
            section.at("listen"),
            "'listen' must be ADDRESS:PORT, such as 127.0.0.1:8091 or [::1]:8091; the address is an "
            "IP address, the port at most 65535");
    return out;
}

void read_target(const Place& place, const fs::path& base, const Section& top, const Environment& environment,
                 Config& config)
{
    const Section target(place, "target", top.at("target"),
                         {"folder", "endpoint", "token_env", "owner", "private", "work"});
    if (target.has("folder") == target.has("endpoint"))
        target.refuse(target.node(), "'target' needs either 'folder' or 'endpoint' (of a Hub)");
    if (target.has("folder")) {
        for (const auto* key : {"token_env", "owner", "private", "work"})
            if (target.has(key))
                target.refuse(target.node(), fmt::format("'{}' is for a Hub, not for a folder", key));
        config.target = FolderTargetConfig{base / target.text("folder")};
        return;
    }
    HubTargetConfig hub{.hub = read_hub(target, environment),
                        .owner = {},
                        .private_repos = target.yes("private"),
                        .work = base / target.text("work")};
    if (target.has("owner")) hub.owner = target.text("owner");
    config.target = std::move(hub);
}

void read_list(const Place& place, const fs::path& base, const Section& top, const Environment& environment,
               Config& config)
{
    const Section list(place, "list", top.at("list"), {"sqlite", "redis", "password_env", "name"});
    if (list.has("sqlite") == list.has("redis"))
        list.refuse(list.node(), "'list' needs either 'sqlite' (a file) or 'redis' (a server)");
    if (list.has("sqlite"))
        config.list = SqliteConfig{base / list.text("sqlite")};
    else
        config.list = read_redis(list, environment);
}

} // namespace

std::string short_hash(const std::string& text)
{
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const unsigned char c : text)
        hash = (hash ^ c) * 0x100000001b3u;
    return fmt::format("{:016x}", hash);
}

std::string HttpConfig::host_and_port(std::uint16_t actual_port) const
{
    const bool is_v6 = address.find(':') != std::string::npos;
    return fmt::format("{}{}{}:{}", is_v6 ? "[" : "", address, is_v6 ? "]" : "", actual_port);
}

std::string Config::round_name() const
{
    std::string all = source.endpoint;
    for (const auto& rule : repos) {
        all += fmt::format("\n{} {} {} {}", to_string(rule.type), rule.pattern, rule.revision, rule.follows);
        for (const auto& texts : {rule.files, rule.exclude})
            for (const auto& text : texts)
                all += "\x1f" + text;
    }
    return short_hash(all);
}

Config parse_config(const std::string& text, const fs::path& file, const Environment& environment)
{
    const Place place{file.string()};
    YAML::Node root;
    try {
        root = YAML::Load(text);
    } catch (const YAML::Exception& error) {
        place.refuse(error.mark, error.msg);
    }
    const Section top(place, "the file", root,
                      {"source", "target", "list", "repos", "every", "transfers", "files_at_once", "lease",
                       "attempts", "retry", "http"});
    const auto base = fs::absolute(file).parent_path();
    Config config;
    config.source =
        read_hub(Section(place, "source", top.at("source"), {"endpoint", "token_env"}), environment);
    read_target(place, base, top, environment, config);
    read_list(place, base, top, environment, config);
    const auto repos = top.at("repos");
    if (!repos.IsSequence() || repos.size() == 0) top.refuse(repos, "'repos' must be a list of repos");
    for (const auto& rule : repos)
        config.repos.push_back(read_rule(place, rule));
    using std::chrono::milliseconds;
    config.every = top.duration("every", config.every, milliseconds(100));
    config.lease = top.duration("lease", config.lease, milliseconds(100));
    config.retry = top.duration("retry", config.retry, milliseconds(0));
    config.transfers = top.number<std::size_t>("transfers", config.transfers, 1, 4096);
    config.files_at_once = top.number<std::size_t>("files_at_once", config.files_at_once, 1, 256);
    config.attempts = top.number("attempts", config.attempts, 1, 1000);
    if (top.has("http"))
        config.http =
            read_http(Section(place, "http", top.at("http"), {"listen", "webhook_secret_env"}), environment);
    return config;
}

Config load_config(const fs::path& file, const Environment& environment)
{
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in)
        throw hfasync::OSError(std::make_error_code(std::errc::no_such_file_or_directory),
                               fmt::format("The configuration {} cannot be read", file.string()));
    return parse_config(text.str(), file, environment);
}

} // namespace mirror
