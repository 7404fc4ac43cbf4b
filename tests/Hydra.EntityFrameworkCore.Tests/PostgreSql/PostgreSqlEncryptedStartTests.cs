namespace Hydra.EntityFrameworkCore.Tests;

public sealed class PostgreSqlEncryptedStartTests() : EncryptedStartTests(new PostgreSqlDatabase());
