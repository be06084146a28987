#include <hfasync/hub.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

BOOST_AUTO_TEST_SUITE(api_hub_options)

using hfasync::HubOptions;
using hfasync::ValueError;
using Environment = std::map<std::string, std::string>;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_CASE(nothing_set_gives_the_defaults)
{
    const auto options = HubOptions::from_env(Environment{{"HOME", "/home/u"}});
    BOOST_TEST(options.endpoint == "https://huggingface.co");
    BOOST_TEST(options.cache.home == "/home/u/.cache/huggingface");
    BOOST_TEST(options.cache.hub_cache == "/home/u/.cache/huggingface/hub");
    BOOST_TEST(options.cache.assets_cache == "/home/u/.cache/huggingface/assets");
    BOOST_TEST(options.cache.token_path == "/home/u/.cache/huggingface/token");
    BOOST_TEST(!options.ambient_token);
    BOOST_TEST(!options.offline);
    BOOST_TEST(!options.etag_timeout);
    BOOST_TEST(options.retry.max_retries == 5);
}

BOOST_AUTO_TEST_CASE(roots_go_first_by_the_order_of_the_reference)
{
    Environment env{{"HOME", "/home/u"}, {"XDG_CACHE_HOME", "/xdg"}};
    BOOST_TEST(HubOptions::from_env(env).cache.hub_cache == "/xdg/huggingface/hub");
    env["HF_HOME"] = "~/hf";
    BOOST_TEST(HubOptions::from_env(env).cache.hub_cache == "/home/u/hf/hub");
    BOOST_TEST(HubOptions::from_env(env).cache.token_path == "/home/u/hf/token");
    env["HUGGINGFACE_HUB_CACHE"] = "old";
    BOOST_TEST(HubOptions::from_env(env).cache.hub_cache == "old");
    env["HF_HUB_CACHE"] = "~/new"; // '~' is expanded in HF_HOME only
    BOOST_TEST(HubOptions::from_env(env).cache.hub_cache == "~/new");
    env["HUGGINGFACE_ASSETS_CACHE"] = "/assets";
    env["HF_TOKEN_PATH"] = "/t";
    BOOST_TEST(HubOptions::from_env(env).cache.assets_cache == "/assets");
    BOOST_TEST(HubOptions::from_env(env).cache.token_path == "/t");
}

BOOST_AUTO_TEST_CASE(flags_are_true_for_four_texts)
{
    for (const char* yes : {"1", "on", "Yes", "TRUE"}) {
        BOOST_TEST(HubOptions::from_env({{"HF_HUB_OFFLINE", yes}}).offline);
        BOOST_TEST(HubOptions::from_env({{"TRANSFORMERS_OFFLINE", yes}}).offline);
        BOOST_TEST(HubOptions::from_env({{"DO_NOT_TRACK", yes}}).disable_telemetry);
        BOOST_TEST(HubOptions::from_env({{"HF_HUB_DISABLE_IMPLICIT_TOKEN", yes}}).disable_implicit_token);
        BOOST_TEST(HubOptions::from_env({{"HF_HUB_DISABLE_PROGRESS_BARS", yes}}).disable_progress_bars);
    }
    for (const char* no : {"0", "", "2", "y", "off"})
        BOOST_TEST(!HubOptions::from_env({{"HF_HUB_OFFLINE", no}}).offline);
}

BOOST_AUTO_TEST_CASE(tokens_are_cleaned_and_ordered)
{
    BOOST_TEST(HubOptions::from_env({{"HF_TOKEN", " hf_a\r\n"}}).ambient_token.value() == "hf_a");
    BOOST_TEST(
        HubOptions::from_env({{"HF_TOKEN", "a"}, {"HUGGING_FACE_HUB_TOKEN", "b"}}).ambient_token.value() ==
        "a");
    BOOST_TEST(
        HubOptions::from_env({{"HF_TOKEN", ""}, {"HUGGING_FACE_HUB_TOKEN", "b"}}).ambient_token.value() ==
        "b");
    std::string pattern = (fs::temp_directory_path() / "hfasync-test-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()));
    std::ofstream(fs::path(pattern) / "token") << "hf_file\n";
    BOOST_TEST(HubOptions::from_env({{"HF_HOME", pattern}}).ambient_token.value() == "hf_file");
    BOOST_TEST(HubOptions::from_env({{"HF_HOME", pattern}, {"HF_TOKEN", " \n"}}).ambient_token.value() ==
               "hf_file");
    std::ofstream(fs::path(pattern) / "token") << "\n";
    BOOST_TEST(!HubOptions::from_env({{"HF_HOME", pattern}}).ambient_token);
    fs::remove_all(pattern);
}

BOOST_AUTO_TEST_CASE(numbers_and_urls)
{
    const auto options =
        HubOptions::from_env({{"HF_HUB_ETAG_TIMEOUT", "3"},
                              {"HF_HUB_DOWNLOAD_TIMEOUT", "120"},
                              {"HFASYNC_MAX_RETRIES", "0"},
                              {"HF_ENDPOINT", "http://127.0.0.1:80/"},
                              {"HF_INFERENCE_ENDPOINTS_ENDPOINT", "https://api.example/v2"}});
    BOOST_TEST(options.etag_timeout.value().count() == 3.0);
    BOOST_TEST(options.timeouts.idle.count() == 120'000);
    BOOST_TEST(options.timeouts.first_byte.count() == 120'000);
    BOOST_TEST(options.retry.max_retries == 0);
    BOOST_TEST(options.endpoint == "http://127.0.0.1:80");
    BOOST_TEST(options.inference_endpoints_url == "https://api.example/v2");
    BOOST_TEST(HubOptions::from_env({{"HF_ENDPOINT", ""}}).endpoint == "https://huggingface.co");
    for (const auto& [name, value] : Environment{{"HF_HUB_ETAG_TIMEOUT", "soon"},
                                                 {"HF_HUB_DOWNLOAD_TIMEOUT", "-1"},
                                                 {"HFASYNC_MAX_RETRIES", "many"},
                                                 {"HF_ENDPOINT", "not a url"},
                                                 {"HTTPS_PROXY", "http://bad host"}})
        BOOST_CHECK_EXCEPTION(
            HubOptions::from_env(Environment{{name, value}}), ValueError,
            [&](const ValueError& e) { return std::string(e.what()).find(name) != std::string::npos; });
}

BOOST_AUTO_TEST_CASE(proxies_and_certificates)
{
    const auto options = HubOptions::from_env({{"HTTP_PROXY", "upper:1"},
                                               {"https_proxy", "http://lower:2"},
                                               {"HTTPS_PROXY", "http://upper:3"},
                                               {"NO_PROXY", "localhost, .example.com ,"},
                                               {"SSL_CERT_FILE", "/ca.pem"},
                                               {"SSL_CERT_DIR", "/certs"}});
    BOOST_TEST(options.proxy.http.value() == "http://upper:1");
    BOOST_TEST(options.proxy.https.value() == "http://lower:2");
    BOOST_TEST(options.proxy.no_proxy == (std::vector<std::string>{"localhost", ".example.com"}),
               boost::test_tools::per_element());
    BOOST_TEST(options.tls.ca_file.value() == "/ca.pem");
    BOOST_TEST(options.tls.ca_dir.value() == "/certs");
    BOOST_TEST(HubOptions::from_env({{"REQUESTS_CA_BUNDLE", "/r.pem"}, {"SSL_CERT_FILE", "/ca.pem"}})
                   .tls.ca_file.value() == "/r.pem");
    BOOST_TEST(HubOptions::from_env({{"REQUESTS_CA_BUNDLE", "/"}}).tls.ca_dir.value() == "/");
    // A CGI program gets HTTP_PROXY from a request header.
    BOOST_TEST(!HubOptions::from_env({{"HTTP_PROXY", "evil:1"}, {"REQUEST_METHOD", "GET"}}).proxy.http);
}

BOOST_AUTO_TEST_SUITE_END()
