using System.Reflection;

namespace Hydra.Simulation;

public class ProjectTests
{
    [Fact]
    public void The_engine_is_deployed() => Assert.NotNull(Assembly.Load("Hydra"));
}
