using Hydra.Soak.Servers;

namespace Hydra.Soak;

public sealed class MySqlScheduleKillTests(ITestOutputHelper output) : ServerScheduleKillTests(output)
{
    private protected override SoakServer CreateServer() => new MySqlSoakServer();
}
