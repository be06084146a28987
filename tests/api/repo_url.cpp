// RepoUrl::parse.
#include <hfasync/types/repo_url.hpp>

#include <boost/test/unit_test.hpp>

#include <hfasync/error.hpp>

using hfasync::RepoUrl;

namespace {

std::string read(std::string_view url, std::string_view endpoint = "https://huggingface.co")
{
    const auto parsed = RepoUrl::parse(url, endpoint);
    return parsed.repo_type + " " + parsed.namespace_.value_or("-") + " " + parsed.repo_name + " " +
           parsed.repo_id;
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_repo_url)

BOOST_AUTO_TEST_CASE(web_addresses)
{
    BOOST_TEST(read("https://huggingface.co/gpt2") == "model - gpt2 gpt2");
    BOOST_TEST(read("https://huggingface.co/acme/tiny") == "model acme tiny acme/tiny");
    BOOST_TEST(read("https://huggingface.co/datasets/squad") == "dataset - squad squad");
    BOOST_TEST(read("https://huggingface.co/spaces/acme/demo") == "space acme demo acme/demo");
    BOOST_TEST(read("http://localhost:8080/datasets/acme/rows", "http://localhost:8080") ==
               "dataset acme rows acme/rows");
    BOOST_TEST(read("http://host/hub/acme/tiny", "http://host/hub/") == "model acme tiny acme/tiny");
}

BOOST_AUTO_TEST_CASE(the_public_hub_stands_for_the_endpoint)
{
    const auto url = RepoUrl::parse("https://huggingface.co/datasets/acme/rows", "http://127.0.0.1:1");
    BOOST_TEST(url.url == "http://127.0.0.1:1/datasets/acme/rows");
    BOOST_TEST(url.endpoint == "http://127.0.0.1:1");
    BOOST_TEST(RepoUrl::parse("https://hub-ci.huggingface.co/a/b", "http://h").url == "http://h/a/b");
}

BOOST_AUTO_TEST_CASE(short_forms)
{
    BOOST_TEST(read("hf://datasets/my-user/my-dataset") == "dataset my-user my-dataset my-user/my-dataset");
    BOOST_TEST(read("hf://acme/tiny") == "model acme tiny acme/tiny");
    BOOST_TEST(read("acme/tiny") == "model acme tiny acme/tiny");
    BOOST_TEST(read("dataset/acme/rows") == "dataset acme rows acme/rows");
    BOOST_TEST(read("gpt2") == "model - gpt2 gpt2");
    BOOST_TEST(RepoUrl::parse("hf://acme/tiny").url == "hf://acme/tiny");
}

BOOST_AUTO_TEST_CASE(bad_texts_are_refused)
{
    for (const auto* url :
         {"", "https://huggingface.co/", "https://example.com/acme/tiny", "a/b/c/d",
          "https://huggingface.co/acme/", "https://huggingface.co//tiny", "buckets/acme/tiny",
          "https://user:pw@huggingface.co/acme/tiny", "acme/ti ny", "acme/tiny?x=1", "a\nb"})
        BOOST_CHECK_THROW(RepoUrl::parse(url), hfasync::ValueError);
}

BOOST_AUTO_TEST_CASE(no_secret_in_the_message)
{
    try {
        RepoUrl::parse("https://user:secret@example.com/acme/tiny?token=secret");
        BOOST_ERROR("accepted");
    } catch (const hfasync::ValueError& error) {
        BOOST_TEST(std::string(error.what()).find("secret") == std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
