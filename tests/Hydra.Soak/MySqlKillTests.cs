using Hydra.Soak.Servers;

namespace Hydra.Soak;

public sealed class MySqlKillTests(ITestOutputHelper output) : ServerKillTests(output)
{
    private protected override SoakServer CreateServer() => new MySqlSoakServer();
}
