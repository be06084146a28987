#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

#include <hfasync/emulator/accounts.hpp>
#include <hfasync/error.hpp>
#include <hfasync/time.hpp>

#include "hub_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

constexpr std::string_view users_file = R"({
 "users": [{"name": "ann", "full_name": "Ann", "token": "hf_ann", "pro": true}],
 "papers": [
  {"id": "2407.21783", "title": "The Herd of Models", "summary": "Größe and \"quotes\"\nof 405B.",
   "authors": [{"name": "Ann D.", "user": "ann"}, "Li 李"], "published_at": "2024-07-31T17:54:27Z",
   "submitted_at": "2024-08-01T00:33:12.456Z", "submitted_by": "ann", "upvotes": 107, "comments": ["Nice", "Why?"],
   "source": "arxiv"},
  {"id": "hep-th/9711200", "title": "Old", "published_at": "1997-11-27T22:00:00Z"}
 ]})";

emulator::Options with_papers()
{
    auto folder = (std::filesystem::temp_directory_path() / "hfasync-papers-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(folder.data()));
    const auto file = std::filesystem::path(folder) / "users.json";
    std::ofstream(file) << users_file;
    auto options = small_options();
    options.accounts = emulator::load_accounts(file);
    options.papers = emulator::load_papers(file);
    std::filesystem::remove_all(folder);
    return options;
}

struct Papers : HubFixture {
    Papers() : HubFixture(with_papers()) {}
    std::vector<std::string> found(const std::string& query) const
    {
        std::vector<std::string> out;
        const auto rows = json(ask("GET", "/api/papers/search" + query, nobody));
        for (const auto& row : rows.as_array())
            out.emplace_back(row.at("paper").at("id").as_string());
        return out;
    }
};

using Ids = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_papers)

BOOST_FIXTURE_TEST_CASE(words_are_looked_for, Papers)
{
    BOOST_TEST((found("") == Ids{"2407.21783", "hep-th/9711200"})); // newest first
    BOOST_TEST((found("?q=") == Ids{"2407.21783", "hep-th/9711200"}));
    BOOST_TEST((found("?q=herd") == Ids{"2407.21783"}));
    BOOST_TEST((found("?q=MODELS+ann++405b") == Ids{"2407.21783"}));
    BOOST_TEST((found("?q=Gr%C3%B6%C3%9Fe+%22quotes%22") == Ids{"2407.21783"}));
    BOOST_TEST((found("?q=%E6%9D%8E") == Ids{"2407.21783"}));
    BOOST_TEST((found("?q=9711200") == Ids{"hep-th/9711200"}));
    BOOST_TEST(found("?q=herd+old").empty());
    BOOST_TEST(ask("GET", "/api/papers/search?query=x").status == 400);
}

BOOST_FIXTURE_TEST_CASE(a_found_paper_has_the_shape_of_the_hub, Papers)
{
    const auto row = json(ask("GET", "/api/papers/search?q=herd")).at(0).as_object();
    const auto& paper = row.at("paper").as_object();
    BOOST_TEST(paper.at("authors").at(0).at("name").as_string() == "Ann D.");
    BOOST_TEST(paper.at("authors").at(0).at("user").at("user").as_string() == "ann");
    BOOST_TEST(!paper.at("authors").at(1).as_object().contains("user"));
    BOOST_TEST(paper.at("publishedAt").as_string() == "2024-07-31T17:54:27.000Z");
    BOOST_TEST(paper.at("upvotes").as_int64() == 107);
    BOOST_TEST(row.at("publishedAt").as_string() == "2024-08-01T00:33:12.456Z");
    BOOST_TEST(row.at("title").as_string() == "The Herd of Models");
    BOOST_TEST(row.at("numComments").as_int64() == 2);
    BOOST_TEST(row.at("submittedBy").at("name").as_string() == "ann");
}

BOOST_FIXTURE_TEST_CASE(one_paper_by_its_id, Papers)
{
    const auto paper = json(ask("GET", "/api/papers/2407.21783", nobody)).as_object();
    BOOST_TEST(paper.at("id").as_string() == "2407.21783");
    BOOST_TEST(paper.at("submittedOnDailyAt").as_string() == "2024-08-01T00:33:12.456Z");
    BOOST_TEST(paper.at("submittedOnDailyBy").at("user").as_string() == "ann");
    BOOST_TEST(paper.at("summary").as_string() == "Größe and \"quotes\"\nof 405B.");
    BOOST_TEST(paper.at("comments").as_array().size() == 2u);
    BOOST_TEST(paper.at("source").as_string() == "arxiv");
    const auto old = json(ask("GET", "/api/papers/hep-th/9711200", nobody)).as_object();
    BOOST_TEST(old.at("title").as_string() == "Old");
    BOOST_TEST(old.at("authors").as_array().empty());
    BOOST_TEST(!old.contains("submittedOnDailyBy"));
    BOOST_TEST(json(ask("GET", "/api/papers/hep-th%2F9711200")).at("id").as_string() == "hep-th/9711200");
    for (const char* id : {"0000.00000", "hep-th", "hep-th/9711200/x"})
        BOOST_TEST(ask("GET", std::string("/api/papers/") + id).status == 404, id);
}

BOOST_AUTO_TEST_CASE(a_wrong_file_says_where)
{
    const auto file = std::filesystem::temp_directory_path() / "hfasync-papers-test.json";
    const auto message = [&](const std::string& papers) -> std::string {
        std::ofstream(file) << R"({"users":[{"name":"a"}],"papers":)" << papers << "}";
        try {
            emulator::load_papers(file);
        } catch (const ValueError& error) {
            return error.what();
        }
        return "";
    };
    BOOST_TEST(message(R"([{"title":"x"}])").find("papers[0]") != std::string::npos);
    BOOST_TEST(message(R"([{"id":"1"},{"id":"2","date":"x"}])").find("papers[1].date") != std::string::npos);
    BOOST_TEST(message(R"([{"id":"1","published_at":"yesterday"}])").find("published_at") !=
               std::string::npos);
    BOOST_TEST(message(R"([{"id":"1","upvotes":-1}])").find("upvotes") != std::string::npos);
    BOOST_TEST(message(R"({"id":"1"})").find("must be a list") != std::string::npos);
    BOOST_TEST(message("[]") == "");
    std::filesystem::remove(file);
}

BOOST_AUTO_TEST_SUITE_END()
