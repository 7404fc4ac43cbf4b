namespace Hydra.EntityFrameworkCore.Tests;

public sealed class MySqlEncryptedStartTests() : EncryptedStartTests(new MySqlDatabase());
