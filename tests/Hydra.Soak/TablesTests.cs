using Hydra.Cli.Commands;

namespace Hydra.Soak;

/// <summary>What users recorded, as it is shown on a terminal.</summary>
public class TablesTests
{
    [Theory]
    [InlineData("plain, ünïcödé, \U0001F600", "plain, ünïcödé, \U0001F600")]
    [InlineData("\u001b[31mred\nnext", " [31mred next")]
    [InlineData("invoice\u202Efdp.exe", "invoice fdp.exe")]
    [InlineData("\u2066a\u2069\u200Fb\uFEFF\u2028c", " a  b  c")]
    [InlineData("\U000E0041hidden", " hidden")]
    [InlineData("\u06CC\u200C\u06A9 \U0001F469\u200D\U0001F4BB", "\u06CC\u200C\u06A9 \U0001F469\u200D\U0001F4BB")]
    public void What_reorders_or_hides_text_does_not_reach_the_terminal(string recorded, string shown) =>
        Assert.Equal(shown, Tables.Printable(recorded));

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 4, "abc…")]
    [InlineData("ab\U0001F600def", 4, "ab…")]
    [InlineData("ab\U0001F600def", 5, "ab\U0001F600…")]
    [InlineData("\U0001F600\U0001F600", 2, "…")]
    public void A_text_is_cut_between_characters(string text, int length, string shown) =>
        Assert.Equal(shown, Tables.Short(text, length));
}
