namespace Hydra.Tests.Payloads;

public class KeyRingTests
{
    [Fact]
    public void A_ring_is_read_from_text_with_the_current_key_first()
    {
        var (one, two) = (EncryptionKey.Generate("k-1"), EncryptionKey.Generate("k.2"));

        KeyRing[] rings =
        [
            KeyRing.Parse($"{two.Export()}\n\n# the key of last year\n  {one.Export()}\r\n"),
            KeyRing.Parse($"{two.Export()};{one.Export()}"),
            KeyRing.Parse($"{two.Export()}, {one.Export()}"),
        ];

        Assert.All(rings, ring => Assert.Equal("k.2", ring.Current.Id));
        Assert.All(rings, ring => Assert.Equal(["k-1", "k.2"], ring.Ids));
        Assert.Single(rings.Select(ring => ring.Fingerprint()).Distinct());
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing")]
    [InlineData("k1")]
    [InlineData("k1:c2VjcmV0")]
    [InlineData("k1:not-base64!")]
    [InlineData("a b:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public void What_is_no_ring_is_refused_without_telling_any_key(string text)
    {
        var refused = Assert.Throws<FormatException>(() => KeyRing.Parse(text));

        Assert.DoesNotContain("AAAA", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_has_32_bytes_and_tells_its_name_alone()
    {
        Assert.Throws<ArgumentException>(() => new EncryptionKey("k", new byte[31]));
        Assert.Throws<ArgumentException>(() => new EncryptionKey(" ", new byte[32]));
        Assert.Throws<ArgumentException>(() => new EncryptionKey(new string('k', 101), new byte[32]));
        Assert.Equal("k", new EncryptionKey("k", new byte[32]).ToString());
    }
}
