using Hydra.Engine;
using Hydra.Engine.Scheduling;
using Hydra.Storage;
using Hydra.Tests.Support;

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

    [Fact]
    public async Task What_tells_a_declaration_from_others_is_made_with_the_key_and_known_with_others_of_the_ring()
    {
        await using var world = new World();
        var (one, two) = (EncryptionKey.Generate("k1"), EncryptionKey.Generate("k2"));
        var client = await world.OpenAsync(Declared("0 * * * *", null));
        await client.Schedules.UpdateAsync("s", schedule => schedule with { Timetable = Timetable.Cron("5 * * * *") });
        var fingerprints = new List<string> { await FingerprintAsync() };
        foreach (var keys in new KeyRing[] { new(one), new(two, one), new(one, two) })
        {
            await world.CloseAsync();
            client = await world.OpenAsync(Declared("0 * * * *", keys));
            fingerprints.Add(await FingerprintAsync());
            var kept = await client.Schedules.DescribeAsync("s", Token);
            Assert.Equal("5 * * * *", kept.Schedule.Timetable.Expression); // What an operator has changed stays.
        }

        await world.CloseAsync();
        client = await world.OpenAsync(Declared("1 * * * *", new KeyRing(one)));
        var changed = await client.Schedules.DescribeAsync("s", Token);

        Assert.Equal(3, fingerprints.Distinct().Count());
        Assert.Equal(fingerprints[1], fingerprints[3]);
        Assert.Equal("1 * * * *", changed.Schedule.Timetable.Expression);

        async Task<string> FingerprintAsync()
        {
            var store = new InMemoryWorkflowStore(world.Database, client.Namespace).Schedules!;
            return ScheduleJson.ReadProgress((await store.FindAsync("s", Token))!).Declared!;
        }

        static Action<HydraBuilder> Declared(string cron, KeyRing? keys) => hydra =>
        {
            hydra.AddWorkflow("test", (WorkflowContext _, string word) => Task.FromResult(word))
                .Schedule("s", cron, "4711");
            if (keys is not null)
            {
                hydra.Payloads.Encrypt(keys);
            }
        };
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
