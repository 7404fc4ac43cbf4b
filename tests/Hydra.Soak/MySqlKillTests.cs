using Hydra.Soak.Servers;
using Hydra.Soak.Support;

namespace Hydra.Soak;

[Collection(nameof(Alone))]
public sealed class MySqlKillTests(ITestOutputHelper output) : ServerKillTests(output)
{
    private protected override SoakServer CreateServer() => new MySqlSoakServer();
}
