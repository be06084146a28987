// The calls of the area "safetensors"; docs/reference/safetensors.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    // A header of one tensor of 2 x 2 floats, its length in the first 8 bytes, then the data.
    const std::string header = R"({"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})";
    const std::string length{static_cast<char>(header.size()), 0, 0, 0, 0, 0, 0, 0};
    co_await api.create_repo("acme/weights", {.exist_ok = true});
    co_await api.upload_file(hfasync::UploadSource::bytes(length + header + std::string(16, 0)),
                             "model.safetensors", "acme/weights");
    //[get_safetensors_metadata
    const auto repo = co_await api.get_safetensors_metadata("acme/weights");
    for (const auto& [dtype, count] : repo.parameter_count)
        std::cout << count << " parameters of type " << dtype << "\n";
    //]
    //[parse_safetensors_file_metadata
    const auto file = co_await api.parse_safetensors_file_metadata("acme/weights", "model.safetensors");
    for (const auto& [name, tensor] : file.tensors)
        std::cout << name << " has " << tensor.shape.size() << " dimensions\n";
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
