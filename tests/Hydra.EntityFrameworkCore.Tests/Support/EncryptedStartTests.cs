namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>Starts that a context saves for an engine that encrypts.</summary>
public abstract class EncryptedStartTests(Database database) : ContextTests(database)
{
    [Fact]
    public async Task What_is_saved_is_encrypted_like_any_start_and_known_again_by_its_key()
    {
        await using var engine = await HydraEngine.OpenAsync(
            hydra =>
            {
                Database.Use(hydra);
                hydra.Payloads.Encrypt(new KeyRing(EncryptionKey.Generate("k1")));
                hydra.AddWorkflow<int, int>("triple", (_, number) => Task.FromResult(number * 3));
                hydra.AddWorker();
            },
            Token);
        await using var context = CreateContext();
        var triple = engine.Client.With(context).Workflow<int, int>("triple");
        var handle = await triple.StartAsync(14, new() { Key = "k" }, Token);
        var unsaved = await triple.StartAsync(14, new() { Key = "k" }, Token);

        await context.SaveChangesAsync(Token);

        Assert.Equal(42, await handle.ResultAsync(Token));
        var saved = await triple.StartAsync(14, new() { Key = "k" }, Token);
        Assert.Equal((handle.Id, handle.Id), (unsaved.Id, saved.Id));
        await Assert.ThrowsAsync<StartConflictException>(() => triple.StartAsync(15, new() { Key = "k" }, Token));
        var seen = await Client.Execution(handle.Id).DescribeAsync(Token); // Without the key.
        Assert.Equal("k1", seen.Journal[0].Input.KeyId);
    }
}
