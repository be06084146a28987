// What the Hub computes from the files of a repo, and from the repos that name each other.
#include <boost/test/unit_test.hpp>

#include <boost/json/serialize.hpp>

#include "hub_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

/// 8 bytes of length, the header, and no data: nobody reads it.
std::string safetensors(const std::string& header)
{
    std::string out;
    for (std::size_t i = 0, size = header.size(); i < 8; ++i, size >>= 8)
        out.push_back(static_cast<char>(size & 0xff));
    return out + header;
}

class Gguf {
public:
    template <class Number>
    Gguf& number(Number value)
    {
        out_.append(reinterpret_cast<const char*>(&value), sizeof value);
        return *this;
    }
    Gguf& text(const std::string& value)
    {
        number<std::uint64_t>(value.size());
        out_ += value;
        return *this;
    }
    const std::string& done() const { return out_; }

private:
    std::string out_ = "GGUF";
};

std::string tiny_gguf()
{
    Gguf out;
    out.number<std::uint32_t>(3).number<std::uint64_t>(2).number<std::uint64_t>(5);
    out.text("general.architecture").number<std::uint32_t>(8).text("llama");
    out.text("llama.context_length").number<std::uint32_t>(4).number<std::uint32_t>(131072);
    out.text("some.floats").number<std::uint32_t>(9).number<std::uint32_t>(6).number<std::uint64_t>(2);
    out.number(1.0f).number(2.0f);
    out.text("tokenizer.ggml.tokens")
        .number<std::uint32_t>(9)
        .number<std::uint32_t>(8)
        .number<std::uint64_t>(2);
    out.text("<s>").text("</s>");
    out.text("tokenizer.ggml.eos_token_id").number<std::uint32_t>(4).number<std::uint32_t>(1);
    out.text("a").number<std::uint32_t>(2).number<std::uint64_t>(3).number<std::uint64_t>(4);
    out.number<std::uint32_t>(0).number<std::uint64_t>(0);
    out.text("b").number<std::uint32_t>(1).number<std::uint64_t>(5);
    out.number<std::uint32_t>(0).number<std::uint64_t>(64);
    return out.done();
}

struct Infos : HubFixture {
    boost::json::object info(const std::string& path, const Headers& headers = ann) const
    {
        const auto answer = ask("GET", "/api/" + path, headers);
        BOOST_TEST_REQUIRE(answer.status == 200, answer.head);
        return json(answer).as_object();
    }
    static std::vector<std::string> texts(const boost::json::value& list)
    {
        std::vector<std::string> out;
        for (const auto& item : list.as_array())
            out.emplace_back(item.as_string());
        return out;
    }
};

using Texts = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_infos)

BOOST_FIXTURE_TEST_CASE(parameters_are_counted_from_headers, Infos)
{
    const auto big = safetensors(
        R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]},)"
        R"("s":{"dtype":"F32","shape":[],"data_offsets":[48,52]},"b":{"dtype":"BF16","shape":[100,1000],"data_offsets":[52,200052]}})" +
        std::string(2000, ' ')); // above the fixture's threshold: an LFS object
    hub.seed_repo("acme/one", {{"model.safetensors", big}});
    BOOST_TEST(serialize(info("models/acme/one").at("safetensors")) ==
               R"({"parameters":{"BF16":100000,"F32":13},"total":100013})");
    hub.seed_repo(
        "acme/shards",
        {{"model.safetensors.index.json",
          R"({"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors","c":"m-1.safetensors"}})"},
         {"m-1.safetensors", safetensors(R"({"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}})")},
         {"m-2.safetensors", safetensors(R"({"b":{"dtype":"I8","shape":[5],"data_offsets":[0,5]}})")},
         {"unused.safetensors", safetensors(R"({"x":{"dtype":"I8","shape":[7],"data_offsets":[0,7]}})")}});
    BOOST_TEST(serialize(info("models/acme/shards?expand=safetensors").at("safetensors")) ==
               R"({"parameters":{"I8":7},"total":7})");
    // At another revision, and after a change.
    commit(file_line("model.safetensors",
                     safetensors(R"({"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})")),
           "models/acme/shards");
    BOOST_TEST(serialize(info("models/acme/shards").at("safetensors")) ==
               R"({"parameters":{"F16":2},"total":2})");
}

BOOST_FIXTURE_TEST_CASE(headers_that_lie_count_as_none, Infos)
{
    const std::pair<const char*, std::string> files[] = {
        {"short", "abc"},
        {"long", std::string(7, '\xff') + '\x7f' + "{}"},
        {"nojson", safetensors("{")},
        {"list", safetensors("[]")},
        {"negative", safetensors(R"({"a":{"dtype":"F32","shape":[-1]}})")},
        {"huge", safetensors(R"({"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807]}})")},
        {"nodtype", safetensors(R"({"a":{"shape":[1]}})")}};
    for (const auto& [name, content] : files) {
        hub.seed_repo(std::string("acme/") + name, {{"model.safetensors", content}, {"x.gguf", "GGUFxx"}});
        const auto found = info(std::string("models/acme/") + name);
        BOOST_TEST(!found.contains("safetensors"), name);
        BOOST_TEST(!found.contains("gguf"), name);
    }
    hub.seed_repo("acme/lost", {{"model.safetensors.index.json", R"({"weight_map":{"a":"../x"}})"}});
    BOOST_TEST(!info("models/acme/lost").contains("safetensors"));
}

BOOST_FIXTURE_TEST_CASE(gguf_files_tell_their_architecture, Infos)
{
    hub.seed_repo("acme/q", {{"README.md", "---\nbase_model: acme/base\n---\n"}, {"q4.gguf", tiny_gguf()}});
    const auto found = info("models/acme/q");
    BOOST_TEST(serialize(found.at("gguf")) ==
               R"({"total":17,"architecture":"llama","context_length":131072,"eos_token":"</s>"})");
    const auto tags = texts(found.at("tags"));
    BOOST_TEST(
        (tags == Texts{"gguf", "base_model:acme/base", "base_model:quantized:acme/base", "region:us"}));
}

BOOST_FIXTURE_TEST_CASE(config_tells_task_and_library, Infos)
{
    hub.seed_repo(
        "acme/bert",
        {{"config.json",
          R"({"architectures":["BertForMaskedLM"],"model_type":"bert","auto_map":{"AutoModelForMaskedLM":"m.X"},"n":1})"},
         {"tokenizer_config.json",
          R"({"mask_token":{"content":"[MASK]"},"eos_token":"</s>","model_max_length":3})"},
         {"README.md", "---\nwidget:\n- text: Hi [MASK]\nmodel-index:\n- name: tiny\n  results: []\n---\n"
                       "See https://arxiv.org/abs/1810.04805. And arxiv.org/pdf/2106.09685v2\n"}});
    const auto found = info("models/acme/bert");
    BOOST_TEST(
        serialize(found.at("transformersInfo")) ==
        R"({"auto_model":"AutoModelForMaskedLM","custom_class":"m.X","pipeline_tag":"fill-mask","processor":"AutoTokenizer"})");
    BOOST_TEST(found.at("pipeline_tag").as_string() == "fill-mask");
    BOOST_TEST(found.at("library_name").as_string() == "transformers");
    BOOST_TEST(found.at("mask_token").as_string() == "[MASK]");
    BOOST_TEST(found.at("config").at("tokenizer_config").at("eos_token").as_string() == "</s>");
    BOOST_TEST(!found.at("config").as_object().contains("n"));
    BOOST_TEST(found.at("widgetData").at(0).at("text").as_string() == "Hi [MASK]");
    BOOST_TEST(found.at("model-index").at(0).at("name").as_string() == "tiny");
    BOOST_TEST((texts(found.at("tags")) == Texts{"transformers", "bert", "fill-mask", "arxiv:1810.04805",
                                                 "arxiv:2106.09685", "region:us"}));
    // The card goes before what the files tell.
    commit(file_line("README.md", "---\nlibrary_name: timm\npipeline_tag: other\ninference: false\n---\n"),
           "models/acme/bert");
    const auto named = info("models/acme/bert?expand=library_name&expand=pipeline_tag&expand=inference");
    BOOST_TEST(named.at("library_name").as_string() == "timm");
    BOOST_TEST(named.at("pipeline_tag").as_string() == "other");
    BOOST_TEST(named.at("inference").as_string() == "frozen");
}

BOOST_FIXTURE_TEST_CASE(repos_that_name_each_other, Infos)
{
    hub.seed_repo("acme/base", {{"x", "x"}});
    hub.seed_repo("acme/child", {{"README.md", "---\nbase_model: [acme/base, bob/none]\n---\n"}});
    hub.seed_repo("acme/hidden", {{"README.md", "---\nbase_model: acme/base\n---\n"}});
    BOOST_TEST_REQUIRE(ask("PUT", "/api/models/acme/hidden/settings", ann, R"({"private":true})").status ==
                       200);
    hub.seed_repo("acme/demo", {{"README.md", "---\nsdk: static\nmodels: [acme/base]\ndatasets: [d]\n---\n"}},
                  RepoType::space);
    hub.seed_repo("acme/inner", {{"README.md", "---\nsdk: static\nmodels: [acme/base]\n---\n"}},
                  RepoType::space);
    BOOST_TEST_REQUIRE(ask("PUT", "/api/spaces/acme/inner/settings", ann, R"({"private":true})").status ==
                       200);

    const auto child = info("models/acme/child?expand=baseModels");
    const auto& base = child.at("baseModels").as_object();
    BOOST_TEST(base.at("relation").as_string() == "merge");
    BOOST_TEST(base.at("models").as_array().size() == 1u); // the other one is not here
    BOOST_TEST(base.at("models").at(0).at("_id").as_string() ==
               info("models/acme/base").at("_id").as_string());
    BOOST_TEST(!info("models/acme/base?expand=baseModels").contains("baseModels"));
    const std::string query = "models/acme/base?expand=childrenModelCount&expand=spaces";
    BOOST_TEST(info(query).at("childrenModelCount").as_int64() == 2);
    BOOST_TEST(info(query, bob).at("childrenModelCount").as_int64() == 1);
    BOOST_TEST((texts(info(query).at("spaces")) == Texts{"acme/demo", "acme/inner"}));
    BOOST_TEST((texts(info(query, bob).at("spaces")) == Texts{"acme/demo"}));
    BOOST_TEST((texts(info("models/acme/base").at("spaces")) == Texts{"acme/demo", "acme/inner"}));
    const auto space = info("spaces/acme/demo");
    BOOST_TEST((texts(space.at("models")) == Texts{"acme/base"}));
    BOOST_TEST((texts(space.at("datasets")) == Texts{"d"}));
}

BOOST_FIXTURE_TEST_CASE(datasets_describe_themselves, Infos)
{
    hub.seed_repo("acme/books",
                  {{"README.md", "---\npaperswithcode_id: books\n---\n\n# Books\n\nGr\xc3\xb6\xc3\x9f"
                                 "e.\n```bibtex\n@article{x,\n}\n```\n"}},
                  RepoType::dataset);
    const auto found = info("datasets/acme/books");
    BOOST_TEST(std::string(found.at("description").as_string()).starts_with("# Books\n\nGr\xc3\xb6\xc3\x9f"));
    BOOST_TEST(found.at("citation").as_string() == "@article{x,\n}");
    BOOST_TEST(found.at("paperswithcode_id").as_string() == "books");
    std::string longer;
    while (longer.size() < 900)
        longer += "\xe6\x97\xa5"; // never cut inside a character
    hub.seed_repo("acme/long", {{"README.md", longer}}, RepoType::dataset);
    const auto text = std::string(info("datasets/acme/long").at("description").as_string());
    BOOST_TEST(text.size() < 600u);
    BOOST_TEST(text.ends_with("See the full description on the dataset page."));
}

BOOST_FIXTURE_TEST_CASE(downloads_are_counted, Infos)
{
    const std::string big(1500, 'x');
    hub.seed_repo("acme/m", {{"config.json", "{}"}, {"model.bin", big}, {"x.txt", "x"}});
    hub.seed_repo("acme/d", {{"a.csv", "a"}, {"big.csv", big}}, RepoType::dataset);
    for (const char* path :
         {"/acme/m/resolve/main/config.json", "/acme/m/resolve/main/x.txt", "/acme/m/resolve/main/model.bin",
          "/datasets/acme/d/resolve/main/a.csv", "/datasets/acme/d/resolve/main/big.csv"}) {
        ask("GET", path, nobody);
        ask("HEAD", path, nobody);
        ask("GET", path, {{"Range", "bytes=1-"}});
    }
    ask("GET", "/acme/m/resolve/main/config.json", {{"Range", "bytes=0-1"}});
    ask("GET", "/acme/m/resolve/main/none.json");
    BOOST_TEST(info("models/acme/m").at("downloads").as_int64() == 2);
    BOOST_TEST(info("datasets/acme/d?expand=downloadsAllTime").at("downloadsAllTime").as_int64() == 2);
}

BOOST_FIXTURE_TEST_CASE(every_property_can_be_asked_for, Infos)
{
    hub.seed_repo("acme/m", {{"x", "x"}});
    hub.seed_repo("acme/d", {{"x", "x"}}, RepoType::dataset);
    hub.seed_repo("acme/s", {{"README.md", "---\nsdk: gradio\n---\n"}}, RepoType::space);
    // What is there for any repo; the others need files that tell it.
    const std::pair<const char*, Texts> kinds[] = {
        {"models",
         {"author",
          "cardData",
          "childrenModelCount",
          "createdAt",
          "disabled",
          "downloads",
          "downloadsAllTime",
          "gated",
          "inference",
          "lastModified",
          "likes",
          "model-index",
          "private",
          "sha",
          "siblings",
          "spaces",
          "tags",
          "trendingScore",
          "widgetData",
          "usedStorage",
          "resourceGroup",
          "evalResults",
          "inferenceProviderMapping"}},
        {"datasets",
         {"author", "cardData", "createdAt", "disabled", "downloads", "downloadsAllTime", "gated",
          "lastModified", "likes", "paperswithcode_id", "private", "siblings", "sha", "trendingScore", "tags",
          "usedStorage", "resourceGroup", "mainSize"}},
        {"spaces",
         {"author", "cardData", "createdAt", "datasets", "disabled", "lastModified", "likes", "models",
          "private", "runtime", "sdk", "siblings", "sha", "subdomain", "tags", "trendingScore", "usedStorage",
          "resourceGroup", "region"}}};
    for (const auto& [kind, names] : kinds)
        for (const auto& name : names) {
            const auto id = std::string("/acme/") + kind[0];
            BOOST_TEST(info(kind + id + "?expand=" + name).contains(name), kind << " " << name);
            BOOST_TEST(info(kind + id + "?expand[]=" + name).contains(name), kind << " " << name);
        }
    for (const char* name : {"baseModels", "config", "gguf", "library_name", "mask_token", "pipeline_tag",
                             "safetensors", "transformersInfo"})
        BOOST_TEST(!info(std::string("models/acme/m?expand=") + name).contains(name), name);
}

BOOST_FIXTURE_TEST_CASE(revisions_and_names_in_any_spelling, Infos)
{
    const std::string dir = "w \xc3\xa9#1/m\xc3\xb6?%.txt";
    hub.seed_repo("acme/M.od_el-1", {{dir, "x"}});
    const auto made = ask("POST", "/api/models/acme/M.od_el-1/branch/%C3%BCn%C3%AF%2F%231%25&c", ann, "{}");
    BOOST_TEST_REQUIRE(made.status == 200, made.body);
    const auto branch = info("models/acme/M.od_el-1/revision/%C3%BCn%C3%AF%2F%231%25&c?blobs=True");
    BOOST_TEST(branch.at("siblings").at(0).at("rfilename").as_string() == dir);
    BOOST_TEST(branch.at("siblings").at(0).at("size").as_int64() == 1);
    const auto request = ask("POST", "/api/models/acme/M.od_el-1/commit/main?create_pr=1", ann,
                             R"({"key":"header","value":{"summary":"PR"}})"
                             "\n" +
                                 file_line("pr.txt", "pr"));
    BOOST_TEST_REQUIRE(request.status == 200, request.body);
    for (const char* revision : {"refs%2Fpr%2F1", "refs%2fpr%2f1"})
        BOOST_TEST(info(std::string("models/acme/M.od_el-1/revision/") + revision)
                       .at("siblings")
                       .as_array()
                       .size() == 2u);
    BOOST_TEST(info("models/acme/M.od_el-1").at("siblings").as_array().size() == 1u);
    const auto missing = ask("GET", "/api/models/acme/M.od_el-1/revision/refs%2Fpr%2F9");
    BOOST_TEST(missing.status == 404);
    BOOST_TEST(missing.header("x-error-code") == "RevisionNotFound");
    BOOST_TEST(ask("GET", "/api/models/acme/M.od_el-1/revision/%zz").status == 400);
}

BOOST_FIXTURE_TEST_CASE(tags_are_grouped_by_type, Infos)
{
    hub.seed_repo("acme/m",
                  {{"README.md", "---\nlanguage: en\nlicense: mit\npipeline_tag: text-generation\n"
                                 "library_name: timm\ndatasets: squad\ntags: [spacy, 'art']\n---\n"},
                   {"model.safetensors", "x"}});
    hub.seed_repo("acme/secret", {{"README.md", "---\nlicense: secret\n---\n"}});
    BOOST_TEST_REQUIRE(ask("PUT", "/api/models/acme/secret/settings", ann, R"({"private":true})").status ==
                       200);
    hub.seed_repo(
        "acme/d",
        {{"README.md", "---\nlanguage: ja\ntask_categories: [qa]\nsize_categories: n<1K\ntags: art\n---\n"}},
        RepoType::dataset);
    const auto models = json(ask("GET", "/api/models-tags-by-type", nobody)).as_object();
    const auto ids = [](const boost::json::value& group) {
        Texts out;
        for (const auto& tag : group.as_array())
            out.emplace_back(tag.at("id").as_string());
        return out;
    };
    BOOST_TEST(serialize(models.at("pipeline_tag")) ==
               R"([{"id":"text-generation","label":"Text Generation","type":"pipeline_tag"}])");
    BOOST_TEST((ids(models.at("library")) == Texts{"safetensors", "timm"}));
    BOOST_TEST((ids(models.at("language")) == Texts{"en"}));
    BOOST_TEST((ids(models.at("dataset")) == Texts{"dataset:squad"}));
    BOOST_TEST((ids(models.at("license")) == Texts{"license:mit"}));
    BOOST_TEST((ids(models.at("other")) == Texts{"art", "spacy"}));
    BOOST_TEST((ids(models.at("region")) == Texts{"region:us"}));
    const auto datasets = json(ask("GET", "/api/datasets-tags-by-type", nobody)).as_object();
    BOOST_TEST(serialize(datasets.at("language")) ==
               R"([{"id":"language:ja","label":"ja","type":"language"}])");
    BOOST_TEST((ids(datasets.at("task_categories")) == Texts{"task_categories:qa"}));
    BOOST_TEST((ids(datasets.at("size_categories")) == Texts{"size_categories:n<1K"}));
    BOOST_TEST((ids(datasets.at("other")) == Texts{"art"}));
    BOOST_TEST(datasets.at("benchmark").as_array().empty());
    BOOST_TEST(ask("GET", "/api/models-tags-by-type?type=x").status == 400);
}

BOOST_AUTO_TEST_SUITE_END()
