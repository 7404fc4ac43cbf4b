namespace Hydra.EntityFrameworkCore.Tests;

public sealed class MySqlContextStepTests() : ContextStepTests(new MySqlDatabase());
