using Hydra.Engine;
using Hydra.Storage;

namespace Hydra.Tests.Units;

/// <summary>Small values and rules: instants, ids, names, delays, numbers.</summary>
public class ValueTests
{
    [Fact]
    public void An_instant_counts_microseconds_and_drops_the_rest()
    {
        var time = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.FromHours(2)).AddTicks(1_234_567);

        var instant = Instant.From(time);

        Assert.Equal(time.AddTicks(-7), instant.ToDateTimeOffset());
        Assert.Equal(TimeSpan.Zero, instant.ToDateTimeOffset().Offset);
        Assert.Equal(0, Instant.From(DateTimeOffset.UnixEpoch).Micros);
        Assert.Equal(DateTimeOffset.MinValue, Instant.From(DateTimeOffset.MinValue).ToDateTimeOffset());
    }

    [Fact]
    public void An_instant_that_is_later_than_all_times_is_never()
    {
        var now = Instant.From(DateTimeOffset.UnixEpoch);

        Assert.Equal(Instant.Never, Instant.Never.Plus(TimeSpan.FromTicks(10)));
        Assert.Equal(Instant.Never, new Instant(long.MaxValue - 5).Plus(TimeSpan.FromSeconds(1)));
        Assert.Equal(9999, Instant.Never.ToDateTimeOffset().Year);
        Assert.Equal(9999, now.Plus(TimeSpan.MaxValue).ToDateTimeOffset().Year);
        Assert.True(now.Plus(TimeSpan.MaxValue) < Instant.Never);
        Assert.Equal(TimeSpan.MaxValue, Instant.Never.Since(now));
    }

    [Fact]
    public void Instants_are_ordered_and_subtracted()
    {
        var one = new Instant(1_000);
        var two = one.Plus(TimeSpan.FromMilliseconds(3));

        Assert.Equal(TimeSpan.FromMilliseconds(3), two.Since(one));
        Assert.Equal(TimeSpan.FromMilliseconds(-3), one.Since(two));
        Assert.True(one < two && two > one && one <= two && two >= one && one.CompareTo(two) < 0);
        Assert.Equal((two, one), (Instant.Max(one, two), Instant.Min(two, one)));
        Assert.Equal(one, two.Plus(TimeSpan.FromMilliseconds(-3)));
    }

    [Fact]
    public void An_execution_id_is_a_uuid_of_version_7_that_ends_in_its_shard()
    {
        var id = ExecutionId.Create(0x0123_4567_89AB, UInt128.MaxValue, shard: 0x2A);

        Assert.Equal("01234567-89ab-7fff-bfff-ffffffffff2a", id.ToString());
        Assert.Equal(0x2A, id.Shard);
        Assert.Equal(id, ExecutionId.Parse(id.ToString(), null));
        Assert.Equal(id, ExecutionId.FromBytes(id.ToByteArray()));
        Assert.Equal(id, new ExecutionId(id.Value));
    }

    [Fact]
    public void Execution_ids_sort_by_time_as_values_as_text_and_as_bytes()
    {
        var ids = new[] { 1L, 255, 256, 1_767_225_600_000, 1_767_225_600_001, 281_474_976_710_655 }
            .Select(time => ExecutionId.Create(time, (UInt128)(ulong)-time, (byte)-time)).ToList();

        Assert.Equal(ids, ids.AsEnumerable().Reverse().Order());
        Assert.Equal(ids, ids.AsEnumerable().Reverse().OrderBy(id => id.ToString(), StringComparer.Ordinal));
        Assert.Equal(ids, ids.AsEnumerable().Reverse().OrderBy(
            id => Convert.ToHexString(id.ToByteArray()), StringComparer.Ordinal));
        Assert.True(ids[0] < ids[1] && ids[1] > ids[0] && ids[0] <= ids[1] && ids[1] >= ids[0] && ids[0] != ids[1]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("0123456789ab7fffbfffffffffffff2a")]
    [InlineData("{01234567-89ab-7fff-bfff-ffffffffff2a}")]
    public void Text_that_is_no_execution_id_is_refused(string text)
    {
        Assert.False(ExecutionId.TryParse(text, null, out _));
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => ExecutionId.Parse(text, null)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("default", "order-1", 42)]
    [InlineData("production", "order-1", 224)]
    [InlineData("default", "Bestellung-ä", 114)]
    public void The_shard_of_a_key_never_changes(string @namespace, string key, byte shard)
    {
        Assert.Equal(shard, ExecutionId.ShardOf(@namespace, key));
    }

    [Theory]
    [InlineData("UserOnboarding", "user-onboarding")]
    [InlineData("A", "a")]
    [InlineData("PDFExport", "pdf-export")]
    [InlineData("ExportPDF", "export-pdf")]
    [InlineData("HTTPServer2", "http-server2")]
    [InlineData("Page2Print", "page2-print")]
    [InlineData("lower", "lower")]
    [InlineData("Generic`2", "generic")]
    [InlineData("Daily_Report", "daily-report")]
    [InlineData("ÄrgerMelden", "ärger-melden")]
    public void A_class_gets_its_durable_name_in_kebab_case(string type, string name)
    {
        Assert.Equal(name, Names.Kebab(type));
    }

    [Theory]
    [InlineData(1, 0.0, 1_000)]
    [InlineData(1, 1.0, 800)]
    [InlineData(2, 0.0, 2_000)]
    [InlineData(3, 0.5, 3_600)]
    [InlineData(9, 0.0, 256_000)]
    [InlineData(10, 0.0, 300_000)]
    [InlineData(1_000_000, 0.0, 300_000)]
    [InlineData(int.MaxValue, 1.0, 240_000)]
    public void Delays_double_up_to_five_minutes_less_some_chance(int failed, double chance, double milliseconds)
    {
        Assert.Equal(milliseconds, new RetryPolicy().DelayAfter(failed, chance).TotalMilliseconds, precision: 3);
    }

    [Fact]
    public void Delays_of_extreme_policies_are_none_or_the_longest()
    {
        var longest = new RetryPolicy { Backoff = TimeSpan.MaxValue, MaxBackoff = TimeSpan.MaxValue, Jitter = 0 };

        Assert.Equal(TimeSpan.MaxValue, longest.DelayAfter(100, 0));
        Assert.Equal(TimeSpan.Zero, new RetryPolicy { Backoff = TimeSpan.Zero }.DelayAfter(5, 0.5));
        Assert.Equal(TimeSpan.Zero, new RetryPolicy { Jitter = 1 }.DelayAfter(5, 1));
    }

    [Theory]
    [InlineData(0ul, 0x99ec5f36cb75f2b4, 0xbf6e1f784956452a, 0x1a5f849d4933e6e0)]
    [InlineData(42ul, 0x15780b2e0c2ec716, 0x6104d9866d113a7e, 0xae17533239e499a1)]
    [InlineData(ulong.MaxValue, 0x8f5520d52a7ead08, 0xc476a018caa1802d, 0x81de31c0d260469e)]
    public void Seeded_numbers_never_change(ulong seed, ulong first, ulong second, ulong third)
    {
        var bytes = new byte[24];

        new SeededRandom(seed).NextBytes(bytes);

        Assert.Equal(first, BitConverter.ToUInt64(bytes, 0));
        Assert.Equal(second, BitConverter.ToUInt64(bytes, 8));
        Assert.Equal(third, BitConverter.ToUInt64(bytes, 16));
    }

    [Fact]
    public void What_is_made_of_seeded_numbers_never_changes()
    {
        var random = new SeededRandom(42);

        Assert.Equal(0.08386297105988216, random.NextDouble());
        Assert.Equal(37, random.Next(100));
        Assert.Equal(1_460_382_105, random.Next());
        Assert.Equal(8_528_787_054_591_062_096, random.NextInt64());
    }

    [Fact]
    public void Seeded_numbers_stay_in_their_ranges_and_reach_their_ends()
    {
        var random = new SeededRandom(7);
        var dice = Enumerable.Range(0, 1_000).Select(_ => random.Next(1, 7)).ToList();
        var negative = Enumerable.Range(0, 1_000).Select(_ => random.NextInt64(-2, 1)).ToList();

        Assert.Equal([1, 2, 3, 4, 5, 6], dice.Distinct().Order());
        Assert.Equal([-2L, -1, 0], negative.Distinct().Order());
        Assert.Equal(5, random.Next(5, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.Next(6, 5));
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.InRange(random.NextSingle(), 0f, 0.99999999f));
        Assert.All(Enumerable.Range(0, 1_000), _ =>
            Assert.InRange(random.NextInt64(long.MinValue, long.MaxValue), long.MinValue, long.MaxValue - 1));
    }
}
