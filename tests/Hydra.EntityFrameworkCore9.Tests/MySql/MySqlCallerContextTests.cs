namespace Hydra.EntityFrameworkCore.Tests;

public sealed class MySqlCallerContextTests() : CallerContextTests(new MySqlDatabase());
