using Hydra.Soak.Servers;

namespace Hydra.Soak;

public sealed class MySqlStoppedBodyTests() : StoppedBodyTests(new MySqlSoakServer());
