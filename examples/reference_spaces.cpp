// The calls of the area "spaces"; docs/reference/spaces.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    co_await api.create_repo("acme/demo", {.repo_type = "space", .exist_ok = true, .space_sdk = "gradio"});
    //[list_spaces
    auto spaces = api.list_spaces({.author = "acme", .limit = 10});
    while (auto space = co_await spaces.next())
        std::cout << space->id << "\n";
    //]
    //[space_info
    const auto info = co_await api.space_info("acme/demo");
    std::cout << info.id << " is made with " << info.sdk.value_or("?") << "\n";
    //]
    //[add_space_secret
    co_await api.add_space_secret("acme/demo", "API_KEY", "s3cret",
                                  {.description = "of the weather service"});
    //]
    //[delete_space_secret
    co_await api.delete_space_secret("acme/demo", "API_KEY");
    //]
    //[add_space_variable
    co_await api.add_space_variable("acme/demo", "MODEL_ID", "acme/tiny");
    //]
    //[get_space_variables
    for (const auto& [key, variable] : co_await api.get_space_variables("acme/demo"))
        std::cout << key << " = " << variable.value << "\n";
    //]
    //[delete_space_variable
    co_await api.delete_space_variable("acme/demo", "MODEL_ID");
    //]
    //[get_space_runtime
    const auto runtime = co_await api.get_space_runtime("acme/demo");
    if (runtime.stage == hfasync::SpaceStage::running) std::cout << "it runs\n";
    //]
    //[request_space_hardware
    co_await api.request_space_hardware("acme/demo", hfasync::SpaceHardware::t4_medium, {.sleep_time = 3600});
    //]
    //[set_space_sleep_time
    co_await api.set_space_sleep_time("acme/demo", 7200);
    //]
    //[request_space_storage
    co_await api.request_space_storage("acme/demo", hfasync::SpaceStorage::small);
    //]
    //[delete_space_storage
    co_await api.delete_space_storage("acme/demo");
    //]
    //[pause_space
    co_await api.pause_space("acme/demo");
    //]
    //[restart_space
    co_await api.restart_space("acme/demo", {.factory_reboot = true});
    //]
    //[duplicate_space
    const auto copy = co_await api.duplicate_space("acme/demo", {.to_id = "acme/demo-2", .exist_ok = true});
    std::cout << copy.url << "\n";
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
