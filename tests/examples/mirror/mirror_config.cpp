// What the mirror service reads, and what it says of mistakes.
#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

BOOST_AUTO_TEST_SUITE(examples_mirror_config)

using namespace hfasync;
using namespace hfasync::tests;
using mirror::parse_config;

namespace {

const std::string start = "source: {endpoint: 'https://hub.example/'}\n";
const std::string folder = "target: {folder: out}\n";
const std::string sqlite = "list: {sqlite: list.db}\n";
const std::string one_repo = "repos: [{model: acme/tiny}]\n";

std::string complaint(const std::string& text)
{
    try {
        parse_config(text, "/etc/mirror.yaml", no_environment);
    } catch (const ValueError& error) {
        return error.message();
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_CASE(a_whole_one)
{
    const auto config = parse_config(
        R"(
source: {endpoint: https://hub.example, token_env: SOURCE}
target: {endpoint: http://127.0.0.1:1, token_env: TARGET, owner: copies, private: true, work: work}
list: {redis: 'redis://list.example:6380/3', name: fleet, password_env: REDIS}
repos:
  - model: acme/*
  - {dataset: acme/data, follow: dev, files: ['*.json', 'a/*'], exclude: '*.tmp'}
  - {space: acme/demo, revision: v1.0}
every: 2h
transfers: 256
files_at_once: 10
lease: 500ms
attempts: 3
retry: 1s
http: {listen: '0.0.0.0:8091', webhook_secret_env: SECRET}
)",
        "/etc/mirror.yaml", [](const std::string& name) { return std::optional("value of " + name); });
    BOOST_TEST(config.source.endpoint == "https://hub.example");
    BOOST_TEST(*config.source.token == "value of SOURCE");
    const auto& target = std::get<mirror::HubTargetConfig>(config.target);
    BOOST_TEST(*target.owner == "copies");
    BOOST_TEST(target.private_repos);
    BOOST_TEST(target.work == fs::path("/etc/work"));
    const auto& redis = std::get<mirror::RedisConfig>(config.list);
    BOOST_TEST(redis.host == "list.example");
    BOOST_TEST(redis.port == 6380);
    BOOST_TEST(redis.database == 3);
    BOOST_TEST(redis.name == "fleet");
    BOOST_REQUIRE(config.repos.size() == 3u);
    BOOST_TEST(config.repos[0].is_pattern());
    BOOST_TEST(config.repos[0].revision == "main");
    BOOST_TEST(config.repos[1].follows);
    BOOST_TEST(config.repos[1].revision == "dev");
    BOOST_TEST(config.repos[1].files.size() == 2u);
    BOOST_TEST(config.repos[1].exclude.front() == "*.tmp");
    BOOST_TEST((config.repos[2].type == RepoType::space));
    BOOST_TEST(!config.repos[2].follows);
    BOOST_TEST(config.every.count() == 7'200'000);
    BOOST_TEST(config.lease.count() == 500);
    BOOST_TEST(config.repos_at_once() == 26u);
    BOOST_TEST(config.http->port == 8091);
    BOOST_TEST(*config.http->webhook_secret == "value of SECRET");
}

BOOST_AUTO_TEST_CASE(a_minimal_one)
{
    const auto config = parse_config(start + folder + sqlite + one_repo, "/etc/mirror.yaml", no_environment);
    BOOST_TEST(config.source.endpoint == "https://hub.example");
    BOOST_TEST(!config.source.token);
    BOOST_TEST(std::get<mirror::FolderTargetConfig>(config.target).folder == fs::path("/etc/out"));
    BOOST_TEST(std::get<mirror::SqliteConfig>(config.list).file == fs::path("/etc/list.db"));
    BOOST_TEST(!config.http);
}

BOOST_AUTO_TEST_CASE(mistakes_are_named_with_their_line)
{
    const std::vector<std::pair<std::string, std::string>> mistakes{
        {start + folder + sqlite, "needs the setting 'repos'"},
        {start + folder + sqlite + "repos: []", "mirror.yaml:4: 'repos' must be a list"},
        {start + folder + sqlite + "repos:\n  - {modle: acme/tiny}",
         "mirror.yaml:5: 'repos' has no setting 'modle'"},
        {start + folder + sqlite + "repos: [{model: a/b, dataset: a/c}]", "needs one of"},
        {start + folder + sqlite + "repos: [{model: a/b, follow: main, revision: v1}]", "exclude each other"},
        {start + folder + sqlite + "repos: [{model: '*/b'}]", "the owner has no wildcard"},
        {start + folder + sqlite + "repos: [{model: '../b'}]", "mirror.yaml:4"},
        {start + folder + sqlite + "repos: [{model: a/b, revision: '../x'}]", "mirror.yaml:4"},
        {start + folder + sqlite + one_repo + "every: 5", "mirror.yaml:5: 'every' must be a time"},
        {start + folder + sqlite + one_repo + "every: 1ms", "at least 100 ms"},
        {start + folder + sqlite + one_repo + "every: 99999999999999999h", "'every' must be a time"},
        {start + folder + sqlite + one_repo + "transfers: 0", "from 1 to 4096"},
        {start + folder + sqlite + one_repo + "transfers: many", "from 1 to 4096"},
        {start + folder + sqlite + one_repo + "http: {listen: 8091}", "ADDRESS:PORT"},
        {start + folder + sqlite + one_repo + "http: {listen: 'a:b'}", "ADDRESS:PORT"},
        {start + folder + sqlite + one_repo + "http: {listen: 'a:1'}", "ADDRESS:PORT"},
        {start + folder + sqlite + one_repo + "http: {listen: '127.0.0.1'}", "ADDRESS:PORT"},
        {start + folder + sqlite + one_repo + "http: {listen: '127.0.0.1:'}", "mirror.yaml:5: 'listen'"},
        {start + folder + sqlite + one_repo + "http: {listen: '127.0.0.1:65536'}", "at most 65535"},
        {start + folder + sqlite + one_repo + "http: {listen: '127.0.0.1:99999'}", "at most 65535"},
        {start + folder + sqlite + one_repo + "http: {listen: '127.0.0.1:-1'}", "ADDRESS:PORT"},
        {start + folder + sqlite + one_repo + "http: {listen: '127.0.0.1:80x'}", "ADDRESS:PORT"},
        {start + folder + sqlite + one_repo + "http: {listen: ':80'}", "ADDRESS:PORT"},
        {start + folder + sqlite + one_repo + "http: {listen: '::1:80'}", "[::1]:8091"},
        {start + folder + sqlite + one_repo + "http: {listen: '[::1]'}", "[::1]:8091"},
        {start + folder + sqlite + one_repo + "http: {listen: '[::1:80'}", "[::1]:8091"},
        {start + folder + sqlite + one_repo + "http: {listen: '[127.0.0.1]:80'}", "ADDRESS:PORT"},
        {start + folder + sqlite + one_repo + "http: {listen: 'a:1', webhook_secret_env: NOT_SET}",
         "NOT_SET"},
        {start + folder + sqlite + one_repo + "typo: 1", "has no setting 'typo'"},
        {start + "target: {folder: a, endpoint: 'http://b'}\n" + sqlite + one_repo, "either 'folder' or"},
        {start + "target: {folder: a, owner: b}\n" + sqlite + one_repo, "'owner' is for a Hub"},
        {start + "target: {endpoint: 'http://b'}\n" + sqlite + one_repo, "needs the setting 'work'"},
        {start + folder + "list: {}\n" + one_repo, "either 'sqlite'"},
        {start + folder + "list: {redis: 'http://x'}\n" + one_repo, "redis://HOST"},
        {start + folder + "list: {redis: 'redis://:pw@x'}\n" + one_repo, "no password here"},
        {start + folder + "list: {redis: 'redis://x:y'}\n" + one_repo, "redis://HOST"},
        {"source: {endpoint: hub}\n" + folder + sqlite + one_repo, "must begin with https://"},
        {"source: {endpoint: 'http://a', token_env: NOT_SET}\n" + folder + sqlite + one_repo, "NOT_SET"},
        {"source: [\n", "mirror.yaml:"},
        {"- a\n", "must be a map"},
    };
    for (const auto& [text, part] : mistakes)
        BOOST_TEST(complaint(text).find(part) != std::string::npos, text + " -> " + complaint(text));
    BOOST_CHECK_THROW(mirror::load_config("/no/such/file.yaml", no_environment), OSError);
}

BOOST_AUTO_TEST_CASE(addresses_to_listen_on)
{
    const auto http = [](const std::string& listen) {
        return *parse_config(start + folder + sqlite + one_repo + "http: {listen: '" + listen + "'}",
                             "/m.yaml", no_environment)
                    .http;
    };
    BOOST_TEST(http("127.0.0.1:0").port == 0);
    BOOST_TEST(http("0.0.0.0:65535").port == 65535);
    BOOST_TEST(http("127.0.0.1:8091").host_and_port(8091) == "127.0.0.1:8091");
    const auto six = http("[::1]:8091");
    BOOST_TEST(six.address == "::1"); // as make_address wants it
    BOOST_TEST(six.port == 8091);
    BOOST_TEST(six.host_and_port(1234) == "[::1]:1234");
}

BOOST_AUTO_TEST_CASE(other_rules_are_another_round)
{
    const auto name = [](const std::string& repos) {
        return parse_config(start + folder + sqlite + "repos: " + repos, "/m.yaml", no_environment)
            .round_name();
    };
    BOOST_TEST(name("[{model: a/b}]") == name("[{model: a/b, follow: main}]"));
    BOOST_TEST(name("[{model: a/b}]") != name("[{dataset: a/b}]"));
    BOOST_TEST(name("[{model: a/b}]") != name("[{model: a/b, revision: main}]"));
    BOOST_TEST(name("[{model: a/b}]") != name("[{model: a/b, files: x}]"));
}

BOOST_AUTO_TEST_SUITE_END()
