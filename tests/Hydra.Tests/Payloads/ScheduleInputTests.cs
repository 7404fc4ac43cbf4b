using Hydra.Engine;
using Hydra.Storage;

namespace Hydra.Tests.Payloads;

/// <summary>The inputs of schedules, and of what they start.</summary>
public class ScheduleInputTests
{
    private static readonly Payload Input = Payload.Create("\"canary\""u8);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task They_are_encrypted_where_they_are_stored_and_for_each_place_anew()
    {
        var database = new InMemoryDatabase(TimeProvider.System);
        await using var stored = new InMemoryWorkflowStore(database, "tests");
        await using var store = StoreOf(database, new KeyRing(EncryptionKey.Generate("k1")));
        await using var without = StoreOf(database, keys: null);
        var id = ExecutionId.Create(1, UInt128.One << 64, 1);

        var answer = await store.Schedules!.ApplyAsync(Change(id), Token);

        Assert.Equal(Input, answer.Row!.Input);
        Assert.Equal(Input, (await store.Schedules.FindAsync("daily", Token))!.Input);
        Assert.Equal(Input, Assert.Single(await store.Schedules.ListAsync(null, 10, Token)).Input);
        Assert.Equal(Input, Assert.Single((await store.Schedules.ListDueAsync(10, Token)).Schedules).Input);
        Assert.Equal(Input, Assert.Single(await store.Queries.ReadJournalAsync(id, -1, 10, Token)).Input);
        var row = await stored.Schedules!.FindAsync("daily", Token);
        var entry = Assert.Single(await stored.Queries.ReadJournalAsync(id, -1, 10, Token));
        Assert.Equal(("k1", "k1"), (row!.Input.KeyId, entry.Input.KeyId));
        Assert.NotEqual(row.Input, entry.Input);
        Assert.Equal("k1", (await without.Schedules!.FindAsync("daily", Token))!.Input.KeyId);
    }

    private static DecodingStore StoreOf(InMemoryDatabase database, KeyRing? keys) => new(
        new InMemoryWorkflowStore(database, "tests"),
        new RowCodec(new PayloadCodec("tests", keys, compressedFrom: null, 1_000)));

    private static ScheduleChange Change(ExecutionId id) => new()
    {
        Name = "daily",
        ExpectedChange = null,
        Row = new ScheduleRow
        {
            Name = "daily",
            Workflow = "test",
            ChangeId = 1,
            DueAt = new Instant(1),
            Input = Input,
        },
        Operations =
        [
            new StartOperation
            {
                Id = id,
                Workflow = "test",
                InputHash = "",
                Input = new JournalEntry { Seq = 0, Kind = EntryKind.Input, Input = Input, At = default, Epoch = 0 },
                MaxAttempts = 1,
                RetryBackoff = TimeSpan.Zero,
            },
        ],
    };
}
