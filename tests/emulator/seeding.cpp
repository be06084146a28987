// A folder becomes repos.
#include <fstream>

#include <boost/test/unit_test.hpp>

#include <hfasync/emulator/program.hpp>
#include <hfasync/error.hpp>

#include "hub_fixture.hpp"
#include "support/temp_folder.hpp"

using namespace hfasync;
using namespace hfasync::test;
namespace fs = std::filesystem;

namespace {

struct Seeded {
    void file(const std::string& path, std::string_view content = "x") const
    {
        fs::create_directories((root / path).parent_path());
        std::ofstream(root / path, std::ios::binary) << content;
    }
    std::vector<std::string> found() const
    {
        std::vector<std::string> out;
        for (const auto& seed : emulator::seeds_below(root))
            out.push_back(std::string(to_string(seed.type)) + " " + seed.repo_id);
        return out;
    }
    /// What the ValueError says.
    template <class Call>
    static std::string refused(Call call)
    {
        try {
            call();
        } catch (const ValueError& error) {
            return error.message();
        }
        return "";
    }
    static bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

    tests::TempFolder folder;
    fs::path root = folder.path() / "root";
};

std::vector<std::string> listed(const emulator::Emulator& hub, const std::string& repo)
{
    const auto answer =
        PlainClient(hub.endpoint()).request("GET", "/api/" + repo + "/tree/main?recursive=true");
    std::vector<std::string> out;
    const auto tree = boost::json::parse(answer.body);
    for (const auto& entry : tree.as_array())
        if (entry.at("type").as_string() == "file") out.emplace_back(entry.at("path").as_string());
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_seeding)

BOOST_FIXTURE_TEST_CASE(folders_become_repos_of_all_types, Seeded)
{
    file("acme/tiny/config.json");
    file("acme/other/a.txt");
    file("models/bob/third/a.txt");
    file("datasets/acme/tiny/a.csv");
    file("spaces/acme/demo/app.py");
    file("README.md"); // beside the folders
    file("acme/notes.txt");
    file(".git/hooks/x");
    file("acme/.git/config");
    const std::vector<std::string> wanted{"model acme/other", "model acme/tiny", "dataset acme/tiny",
                                          "model bob/third", "space acme/demo"};
    BOOST_TEST(found() == wanted, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_a_repo_is_named, Seeded)
{
    fs::create_directories(root);
    BOOST_TEST(has(refused([&] { found(); }), "nothing to make repos of"));
    BOOST_CHECK_THROW(emulator::seeds_below(root / "none"), NotADirectoryError);
    file("acme/bad name/a.txt");
    const auto bad = refused([&] { found(); });
    BOOST_TEST(has(bad, (root / "acme/bad name").string()));
    BOOST_TEST(has(bad, "Rename the folder"));
    fs::remove_all(root);
    file("acme/tiny/a.txt");
    file("models/acme/tiny/a.txt");
    BOOST_TEST(has(refused([&] { found(); }), "would both become the model acme/tiny"));
}

BOOST_FIXTURE_TEST_CASE(a_folder_is_seeded_without_what_git_and_clients_keep_there, Seeded)
{
    file("acme/tiny/a.txt");
    file("acme/tiny/sub/b.txt");
    file("acme/tiny/.git/HEAD");
    file("acme/tiny/sub/.git", "gitdir: elsewhere"); // as a submodule has it
    file("acme/tiny/.cache/huggingface/download/a.txt.metadata");
    file("acme/tiny/.cache/mine.txt");
    file("acme/tiny/.gitignore");
    emulator::Emulator hub;
    hub.seed_repo("acme/tiny", root / "acme/tiny");
    const std::vector<std::string> wanted{".cache/mine.txt", ".gitignore", "a.txt", "sub/b.txt"};
    BOOST_TEST(listed(hub, "models/acme/tiny") == wanted, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(what_a_run_has_kept_is_not_seeded_over, Seeded)
{
    file("acme/tiny/a.txt", "1");
    file("datasets/acme/rows/a.csv");
    const emulator::Options kept{.data = folder.path() / "data"};
    {
        emulator::Emulator hub(kept);
        BOOST_TEST(emulator::seed_missing(hub, emulator::seeds_below(root)).empty());
        const Headers who{{"Authorization", "Bearer " + hub.token()}};
        const auto answer = PlainClient(hub.endpoint())
                                .request("POST", "/api/models/acme/tiny/commit/main", who,
                                         "{\"key\":\"header\",\"value\":{\"summary\":\"Change\"}}\n" +
                                             HubFixture::file_line("new.txt", "new"));
        BOOST_TEST(answer.status == 200);
    }
    file("acme/tiny/b.txt");
    file("acme/more/a.txt");
    emulator::Emulator hub(kept);
    BOOST_TEST(hub.has_repo("acme/tiny"));
    BOOST_TEST(!hub.has_repo("acme/rows"));
    BOOST_TEST(hub.has_repo("acme/rows", RepoType::dataset));
    const std::vector<std::string> there{"model acme/tiny", "dataset acme/rows"};
    BOOST_TEST(emulator::seed_missing(hub, emulator::seeds_below(root)) == there,
               boost::test_tools::per_element());
    const std::vector<std::string> wanted{"a.txt", "new.txt"};
    BOOST_TEST(listed(hub, "models/acme/tiny") == wanted, boost::test_tools::per_element());
    BOOST_TEST(listed(hub, "models/acme/more").size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_repo_that_cannot_be_seeded_is_a_value_error, Seeded)
{
    emulator::Emulator hub;
    hub.seed_repo("acme/tiny", {{"a.txt", "a"}});
    const auto twice = refused([&] { hub.seed_repo("acme/tiny", {{"a.txt", "a"}}); });
    BOOST_TEST(has(twice, "cannot seed the model acme/tiny: "));
    BOOST_CHECK_THROW(hub.seed_repo("bad name", {{"a.txt", "a"}}), HFValidationError);
    BOOST_TEST(!refused([&] { hub.seed_repo("tiny", {{"a.txt", "a"}}); }).empty()); // whose?
    BOOST_TEST(!refused([&] { hub.seed_repo("acme/x", {{"../a.txt", "a"}}); }).empty());
    BOOST_TEST(!hub.has_repo("acme/x"));
    BOOST_CHECK_THROW(hub.seed_repo("acme/x", root / "none"), NotADirectoryError);
    BOOST_TEST(hub.seed_repo("acme/tiny", {{"a.csv", "a"}}, RepoType::dataset).size() == 40u);
}

BOOST_AUTO_TEST_SUITE_END()
