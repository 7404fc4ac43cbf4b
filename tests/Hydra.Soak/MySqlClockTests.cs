using Hydra.Soak.Servers;
using Hydra.Soak.Support;

namespace Hydra.Soak;

[Collection(nameof(Alone))]
public sealed class MySqlClockTests(ITestOutputHelper output) : ServerClockTests(output)
{
    private protected override SoakServer CreateServer() => new MySqlSoakServer();
}
