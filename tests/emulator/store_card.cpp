#include <boost/test/unit_test.hpp>

#include <boost/json.hpp>

#include "emulator/store/card.hpp"
#include "emulator/store_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;
namespace json = boost::json;

namespace {

json::value card(std::string_view yaml)
{
    const auto read = store::read_card("---\n" + std::string(yaml) + "\n---\n# Title\n");
    BOOST_TEST(read.error == "");
    return read.data;
}

void same(std::string_view yaml, std::string_view expected)
{
    BOOST_TEST(json::serialize(card(yaml)) == json::serialize(json::parse(expected)), yaml);
}

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_store_card)

BOOST_AUTO_TEST_CASE(a_card_as_people_write_it)
{
    same(
        R"(language:
- en
- no   # not false
license: apache-2.0
tags: [a, "b, c", 'it''s', 4]
datasets:
  - acme/rows
library_name: transformers
widget:
- text: "Hello: world # not a comment"
  example_title: Greeting
- src: https://example.org/x.png#frag
co2_eq_emissions:
  emissions: 12.5
  source: code carbon
model-index:
- name: tiny
  results:
  - task:
      type: text-generation
    metrics:
    - {type: accuracy, value: 0.9, verified: true}
empty:
thumbnail: ~
inference: false
)",
        R"({"language":["en","no"],"license":"apache-2.0","tags":["a","b, c","it's",4],"datasets":["acme/rows"],
"library_name":"transformers","widget":[{"text":"Hello: world # not a comment","example_title":"Greeting"},
{"src":"https://example.org/x.png#frag"}],"co2_eq_emissions":{"emissions":12.5,"source":"code carbon"},
"model-index":[{"name":"tiny","results":[{"task":{"type":"text-generation"},"metrics":[{"type":"accuracy","value":0.9,
"verified":true}]}]}],"empty":null,"thumbnail":null,"inference":false})");
}

BOOST_AUTO_TEST_CASE(texts_of_several_lines)
{
    same("a: |\n  one\n   two # kept\n\n  three\n\nb: >-\n  one\n  two\n\n  three\nc: |-\n  x\n",
         R"({"a":"one\n two # kept\n\nthree\n","b":"one two\nthree","c":"x"})");
    same("a: plain\n  goes on\nb:\n  below\nc: \"quoted\n  on\"\nd: [x,\n  y]\n",
         R"({"a":"plain goes on","b":"below","c":"quoted on","d":["x","y"]})");
}

BOOST_AUTO_TEST_CASE(numbers_and_words)
{
    same(
        "a: 007x\nb: -3\nc: 1e3\nd: 2024-01-02\ne: nan\nf: 1.2.3\ng: \"12\"\nh: +4\ni: .5\nj: yes\nk: 1:2\n",
        R"({"a":"007x","b":-3,"c":1000.0,"d":"2024-01-02","e":"nan","f":"1.2.3","g":"12","h":4,"i":0.5,"j":"yes","k":"1:2"})");
}

BOOST_AUTO_TEST_CASE(no_metadata_is_no_error)
{
    for (const char* text : {"", "# Title\n", "---\nlicense: mit\n", "text\n---\na: 1\n---\n"}) {
        const auto read = store::read_card(text);
        BOOST_TEST(read.data.is_null(), text);
        BOOST_TEST(read.error == "", text);
    }
    BOOST_TEST(store::read_card("---\n# only a comment\n---\n").data.is_null());
    BOOST_TEST(json::serialize(store::read_card("\xef\xbb\xbf---\r\nlicense: mit\r\n---\r\n").data) ==
               R"({"license":"mit"})");
}

BOOST_AUTO_TEST_CASE(broken_metadata_says_where)
{
    // yaml-cpp 0.7 lets a quote that is never closed and a lone word pass at the end of the text.
    for (const char* yaml : {"a: [1, 2", "- a\n- b", "a: 1\na: 2", "a: 1\n   b: 2\n  c: 3", "a: *x",
                             "a: {b: 1", "a: [1] 2", "a: b: c", "a: b:", "a:\n  - b\n c: 1"}) {
        const auto read = store::read_card("---\nlicense: mit\n" + std::string(yaml) + "\n---\n");
        BOOST_TEST(read.error.starts_with("Invalid YAML metadata, line "), yaml);
        BOOST_TEST(read.data.is_null(), yaml);
    }
    const std::string deep(100000, '[');
    BOOST_TEST(store::read_card("---\na: " + deep + "\n---\n").error != "");
    std::string dashes;
    for (int i = 0; i < 1000; ++i)
        dashes += "- ";
    BOOST_TEST(store::read_card("---\na:\n" + dashes + "x\n---\n").error != "");
}

BOOST_AUTO_TEST_CASE(tags_are_made_of_the_card)
{
    const auto data =
        card("language: en\nlicense: mit\ntags: [a, b, a]\ndatasets: [squad]\nlibrary_name: timm\n"
             "pipeline_tag: image-classification\nbase_model: acme/base\n");
    using Tags = std::vector<std::string>;
    BOOST_TEST(store::card_tags(RepoType::model, data) ==
                   (Tags{"timm", "image-classification", "en", "a", "b", "license:mit", "dataset:squad",
                         "base_model:acme/base"}),
               boost::test_tools::per_element());
    BOOST_TEST(store::card_tags(RepoType::dataset,
                                card("language: [en]\ntask_categories: [qa]\nsize_categories: n<1K\n")) ==
                   (Tags{"task_categories:qa", "language:en", "size_categories:n<1K"}),
               boost::test_tools::per_element());
    BOOST_TEST(store::card_tags(RepoType::model, nullptr).empty());
}

BOOST_FIXTURE_TEST_CASE(a_repos_card_follows_its_readme, StoreFixture)
{
    const auto repo = make();
    BOOST_TEST(repo->card(repo->resolve("main"))->data.is_null());
    const auto first = commit(*repo, "one", {add("README.md", "---\nlicense: mit\n---\n")}).commit;
    const auto second = commit(*repo, "two", {add("README.md", "---\nlicense: [\n---\n")}).commit;
    BOOST_TEST(json::serialize(repo->card(first)->data) == R"({"license":"mit"})");
    BOOST_TEST(repo->card(second)->error != "");
    BOOST_TEST(json::serialize(repo->card(first)->data) == R"({"license":"mit"})");
}

BOOST_AUTO_TEST_SUITE_END()
