using System.Reflection;

namespace Hydra.Soak;

public class ProjectTests
{
    [Fact]
    public void The_engine_is_deployed() => Assert.NotNull(Assembly.Load("Hydra"));
}
