namespace Hydra.EntityFrameworkCore.Tests;

public sealed class MySqlSavedStartTests() : SavedStartTests(new MySqlDatabase());
