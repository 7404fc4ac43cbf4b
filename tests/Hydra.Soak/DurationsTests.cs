namespace Hydra.Soak;

public class DurationsTests
{
    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("10s", 10_000)]
    [InlineData("5m", 300_000)]
    [InlineData("24h", 86_400_000)]
    [InlineData("30d", 2_592_000_000)]
    [InlineData("10", 10_000)]
    [InlineData("0.5", 500)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData(" 2s ", 2_000)]
    [InlineData("0", 0)]
    public void A_number_has_a_unit_or_is_seconds(string text, double millis)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(millis), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1w")]
    [InlineData("1,5s")]
    [InlineData("1e3")]
    [InlineData("NaN")]
    [InlineData("1h30m")]
    [InlineData("99999999999999999h")]
    public void Anything_else_is_no_duration(string text) => Assert.False(Durations.TryParse(text, out _));

    [Theory]
    [InlineData("250ms")]
    [InlineData("1.5s")]
    [InlineData("90s")]
    [InlineData("5m")]
    [InlineData("24h")]
    [InlineData("0s")]
    public void The_text_of_a_duration_reads_as_that_duration(string text)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(text, Durations.Format(duration));
    }
}
