// Repos by name, what survives a restart, who may do what.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <fstream>

#include <hfasync/error.hpp>

#include "emulator/store_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;
using store::Permission;

BOOST_FIXTURE_TEST_SUITE(emulator_store_hub, StoreFixture)

BOOST_AUTO_TEST_CASE(ids_are_taken_once_a_type)
{
    make("acme/tiny");
    make("acme/tiny", RepoType::dataset);
    BOOST_CHECK_EXCEPTION(make("acme/tiny"), store::StoreError, refused(409));
    BOOST_CHECK_EXCEPTION(make("Acme/Tiny"), store::StoreError, refused(409));
    for (const char* id : {"tiny", "acme/a b", "acme/../x", "acme/a--b", ""})
        BOOST_CHECK_EXCEPTION(make(id), store::StoreError, refused(400));
    BOOST_TEST(hub->repos(RepoType::model).size() == 1u);
    BOOST_TEST(!hub->find(RepoType::space, "acme/tiny"));
    BOOST_CHECK_EXCEPTION(hub->require(RepoType::space, "acme/tiny"), store::StoreError,
                          refused(404, "RepoNotFound"));
}

BOOST_AUTO_TEST_CASE(a_renamed_repo_is_found_under_its_old_id_too)
{
    make("acme/old");
    make("acme/other");
    BOOST_CHECK_EXCEPTION(hub->move_repo(RepoType::model, "acme/old", "acme/other"), store::StoreError,
                          refused(409));
    BOOST_CHECK_EXCEPTION(hub->move_repo(RepoType::model, "acme/nope", "acme/x"), store::StoreError,
                          refused(404, "RepoNotFound"));
    hub->move_repo(RepoType::model, "acme/old", "hfasync/new");
    for (int run = 0; run < 2; ++run) {
        BOOST_TEST(hub->require(RepoType::model, "acme/old")->id() == "hfasync/new");
        BOOST_TEST(hub->require(RepoType::model, "hfasync/new")->id() == "hfasync/new");
        restart();
    }
    make("acme/old"); // a new repo takes the name over
    BOOST_TEST(hub->require(RepoType::model, "acme/old")->id() == "acme/old");
    hub->delete_repo(RepoType::model, "hfasync/new");
    BOOST_TEST(!hub->find(RepoType::model, "hfasync/new"));
}

BOOST_AUTO_TEST_CASE(everything_survives_a_restart)
{
    auto repo = make("acme/tiny", RepoType::dataset);
    commit(*repo, "Add — ü", {add("d/a.txt", "text"), add_lfs("d/w.parquet", "weights")});
    repo->create_branch("dev", "main");
    repo->create_tag("v1", "main", "First\n\"release\"");
    auto pull = request("pr", {add("p", "p")});
    pull.create_pr = true;
    repo->commit(pull);
    repo->update([](store::RepoSettings& settings) {
        settings.is_private = true;
        settings.gated = "manual";
        settings.likers = {{"hfasync", settings.created_at}};
        settings.extra["secrets"] = {"A", "B"};
    });
    const auto head = repo->commit_record(repo->resolve("main"));
    const auto settings = repo->settings();
    repo.reset();
    restart();
    repo = hub->require(RepoType::dataset, "acme/tiny");
    const auto after = repo->settings();
    BOOST_TEST(after.uid == settings.uid);
    BOOST_TEST(after.is_private);
    BOOST_TEST(after.gated == "manual");
    BOOST_TEST(after.likers.contains("hfasync"));
    BOOST_TEST((after.extra == settings.extra));
    BOOST_TEST((after.created_at == settings.created_at));
    BOOST_TEST((after.last_modified == settings.last_modified));
    BOOST_TEST(after.last_number == 1);
    const auto again = repo->commit_record(repo->resolve("main"));
    BOOST_TEST(again.oid.hex() == head.oid.hex());
    BOOST_TEST(store::git_commit_content(again) == store::git_commit_content(head));
    BOOST_TEST(again.title == "Add — ü");
    BOOST_TEST(repo->resolve("dev").hex() == head.oid.hex());
    BOOST_TEST(repo->refs().tags.at(0).message == "First\n\"release\"");
    BOOST_TEST(*repo->read_file(again.oid, "d/a.txt") == "text");
    BOOST_TEST(repo->find(again.oid, "d/w.parquet")->lfs.has_value());
    BOOST_TEST(hub->objects().find_lfs(*repo->find(again.oid, "d/w.parquet")->lfs)->size == 7u);
    BOOST_TEST(commit(*repo, "goes on", {add("x", "x")}).changed);
    BOOST_TEST(repo->history("main", 0, 10).size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_half_written_line_of_a_killed_run_is_cut_off)
{
    auto repo = make();
    commit(*repo, "one", {add("a", "a")});
    const auto log = folder.path() / "data" / "repos" / repo->settings().uid / "commits.ndjson";
    const std::string head = repo->resolve("main").hex();
    repo.reset();
    hub.reset();
    std::ofstream(log, std::ios::app) << "{\"oid\":\"12";
    std::filesystem::create_directory(folder.path() / "data" / "repos" / "killed");
    std::ofstream(folder.path() / "data" / "objects" / "tmp" / "123-1") << "half";
    hub = open();
    repo = hub->require(RepoType::model, "acme/tiny");
    BOOST_TEST(repo->resolve("main").hex() == head);
    commit(*repo, "two", {add("b", "b")});
    repo.reset();
    restart();
    BOOST_TEST(hub->require(RepoType::model, "acme/tiny")->history("main", 0, 10).size() == 3u);
    BOOST_TEST(!std::filesystem::exists(folder.path() / "data" / "repos" / "killed"));
    BOOST_TEST(!std::filesystem::exists(folder.path() / "data" / "objects" / "tmp" / "123-1"));
}

BOOST_AUTO_TEST_CASE(damaged_state_is_named_at_the_start)
{
    const auto state = folder.path() / "data" / "repos" / make()->settings().uid / "repo.json";
    hub.reset();
    std::ofstream(state) << "{";
    BOOST_CHECK_EXCEPTION(open(), OSError, [&](const OSError& error) {
        return std::string(error.what()).find(state.parent_path().string()) != std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(a_change_that_cannot_be_written_is_undone)
{
    auto repo = make();
    const std::string head = repo->resolve("main").hex();
    // The file is replaced by a rename, which a folder of that name prevents for root, too.
    const auto state = folder.path() / "data" / "repos" / repo->settings().uid / "repo.json";
    std::filesystem::remove(state);
    std::filesystem::create_directories(state / "in the way");
    BOOST_CHECK_THROW(commit(*repo, "one", {add("a", "a")}), OSError);
    BOOST_CHECK_THROW(repo->create_branch("dev", "main"), OSError);
    BOOST_CHECK_THROW(repo->update([](store::RepoSettings& s) { s.is_private = true; }), OSError);
    BOOST_TEST(repo->resolve("main").hex() == head);
    BOOST_TEST(!repo->try_resolve("dev"));
    BOOST_TEST(!repo->settings().is_private);
    std::filesystem::remove_all(state);
    BOOST_TEST(commit(*repo, "one", {add("a", "a")}).changed);
}

BOOST_AUTO_TEST_CASE(a_deleted_repo_stays_deleted)
{
    auto repo = make();
    const auto uid = repo->settings().uid;
    hub->delete_repo(RepoType::model, "acme/tiny");
    BOOST_TEST(!hub->find(RepoType::model, "acme/tiny"));
    repo->update(
        [](store::RepoSettings& settings) { settings.is_private = true; }); // a request that was under way
    BOOST_TEST(!std::filesystem::exists(folder.path() / "data" / "repos" / uid));
    restart();
    BOOST_TEST(!hub->find(RepoType::model, "acme/tiny"));
    BOOST_CHECK_EXCEPTION(hub->delete_repo(RepoType::model, "acme/tiny"), store::StoreError,
                          refused(404, "RepoNotFound"));
}

BOOST_AUTO_TEST_CASE(two_hubs_do_not_share_a_data_folder)
{
    BOOST_CHECK_THROW(open(), OSError);
    hub.reset();
    hub = open();
}

BOOST_AUTO_TEST_CASE(a_hub_without_a_folder_leaves_nothing_behind)
{
    std::filesystem::path data;
    {
        store::Store temporary({});
        data = temporary.data();
        temporary.create_repo({.id = "hfasync/x"});
        BOOST_TEST(std::filesystem::exists(data));
    }
    BOOST_TEST(!std::filesystem::exists(data));
}

BOOST_AUTO_TEST_CASE(a_seeded_repo_has_one_commit_with_exactly_its_files)
{
    const auto oid = hub->seed(RepoType::model, "acme/seeded",
                               {{"README.md", "# hi"}, {"w.safetensors", "weights"}, {"d/x.json", "{}"}});
    const auto repo = hub->require(RepoType::model, "acme/seeded");
    BOOST_TEST(repo->resolve("main").hex() == oid);
    BOOST_TEST(files_of(*repo) == (std::vector<std::string>{"README.md", "d/x.json", "w.safetensors"}),
               boost::test_tools::per_element());
    BOOST_TEST(repo->find(repo->resolve("main"), "w.safetensors")->lfs.has_value());
    BOOST_TEST(!repo->find(repo->resolve("main"), "README.md")->lfs.has_value());
    BOOST_TEST(repo->history("main", 0, 5).size() == 1u);
    BOOST_CHECK_EXCEPTION(hub->seed(RepoType::model, "acme/bad", {{"../x", ""}}), store::StoreError,
                          refused(400));
    BOOST_TEST(!hub->find(RepoType::model, "acme/bad"));
    BOOST_CHECK_EXCEPTION(hub->seed(RepoType::model, "acme/seeded", {}), store::StoreError, refused(409));
}

BOOST_AUTO_TEST_CASE(preupload_asks_the_repos_own_rules)
{
    auto repo = make();
    commit(*repo, "rules", {add(".gitattributes", "*.dat filter=lfs\n"), add(".gitignore", "*.log\n")});
    const auto modes =
        repo->upload_modes("main", {{"a.dat", 5, "x"}, {"a.bin", 5, "x"}, {"b.log", 5, "x"}}, {}, {}, 100);
    BOOST_TEST(modes[0].lfs);
    BOOST_TEST(!modes[1].lfs);
    BOOST_TEST(modes[2].ignored);
    BOOST_TEST(!repo->upload_modes("main", {{"b.log", 5, "x"}}, "*.txt\n", {}, 100)[0].ignored);
    BOOST_CHECK_EXCEPTION(repo->upload_modes("nope", {}, {}, {}, 100), store::StoreError,
                          refused(404, "RevisionNotFound"));
}

BOOST_AUTO_TEST_CASE(permissions_follow_roles_and_tokens)
{
    emulator::Account ann{.name = "ann",
                          .tokens = {{.token = "hf_ann"}, {.token = "hf_ann_read", .role = "read"}},
                          .memberships = {{.organization = "lab", .role = "read"},
                                          {.organization = "club", .role = "contributor"}}};
    emulator::Account bob{.name = "bob", .tokens = {{.token = "hf_bob"}}};
    const store::Accounts accounts({ann, bob});
    const auto who = accounts.by_token("hf_ann"), reader = accounts.by_token("hf_ann_read"),
               other = accounts.by_token("hf_bob");
    BOOST_TEST(!accounts.by_token("hf_nobody"));
    BOOST_TEST(accounts.find("lab")->is_organization); // only spoken of
    BOOST_TEST(accounts.members("lab").at(0).first->name == "ann");
    store::RepoSettings own{.id = "ann/x", .is_private = true}, lab{.id = "lab/x"}, club{.id = "club/x"};
    BOOST_TEST((accounts.permission(&*who, own) == Permission::admin));
    BOOST_TEST((accounts.permission(&*reader, own) == Permission::read));
    BOOST_TEST((accounts.permission(&*other, own) == Permission::none));
    BOOST_TEST((accounts.permission(nullptr, own) == Permission::none));
    BOOST_TEST((accounts.permission(nullptr, lab) == Permission::read));
    BOOST_TEST((accounts.permission(&*who, lab) == Permission::read));
    BOOST_TEST((accounts.permission(&*who, club) == Permission::write));
    club.gated = "manual";
    BOOST_TEST(accounts.may_read_content(&*who, club));
    BOOST_TEST(!accounts.may_read_content(&*other, club));
    BOOST_TEST(!accounts.may_read_content(nullptr, club));
    club.access.insert("bob");
    BOOST_TEST(accounts.may_read_content(&*other, club));
    BOOST_TEST(store::Accounts({}).first().name == "hfasync");
    BOOST_TEST((store::Accounts({}).in_namespace(nullptr, "acme") == Permission::none));
}

BOOST_AUTO_TEST_SUITE_END()
