namespace Hydra.EntityFrameworkCore.Tests;

public sealed class SqliteSavedStartTests() : SavedStartTests(new SqliteDatabase());
