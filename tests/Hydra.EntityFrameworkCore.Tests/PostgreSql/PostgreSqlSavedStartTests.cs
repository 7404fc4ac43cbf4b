namespace Hydra.EntityFrameworkCore.Tests;

public sealed class PostgreSqlSavedStartTests() : SavedStartTests(new PostgreSqlDatabase());
